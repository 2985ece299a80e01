// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import { API } from "./api.js";
import { showLogin } from "./login.js";
import * as session from "./session.js";
import { showShell } from "./shell.js";
import * as theme from "./theme.js";

// The page's policy lets no text become markup (`require-trusted-types-for`). The terminal adds a space to a live region
// through `innerHTML`; this lets it, and takes the first character of every tag away.
globalThis.trustedTypes?.createPolicy("default", { createHTML: text => text.replaceAll("<", "") });

function signIn(reason = null) {
    showLogin(reason, opened => {
        session.keep(opened);
        open(opened);
    });
}

function open(opened) {
    const api = new API(opened);
    const end = new AbortController();
    function signOut(reason) {
        if (end.signal.aborted) return;
        end.abort();
        session.forget();
        signIn(reason);
    }
    api.onSignedOut = () => signOut("The server does not take the token any more. Sign in again.");
    api.learn().then(() => {
        if (!end.signal.aborted) showShell(api, end.signal, () => signOut(null));
    }, error => {
        if (end.signal.aborted) return;
        end.abort();
        signIn(error.message);
    });
}

theme.apply();
const opened = session.restored();
if (opened) open(opened);
else signIn();
