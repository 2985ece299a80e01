// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

// The token is kept for one tab, until it is closed or the user signs out. There are no cookies, so the browser sends
// the token only where this page's own code does.

const KEY = "outpost.session";

/** The token and the namespace of this tab; null when nobody is signed in. */
export function restored() {
    try {
        return JSON.parse(sessionStorage.getItem(KEY));
    } catch {
        return null;
    }
}

export function keep(session) {
    sessionStorage.setItem(KEY, JSON.stringify(session));
}

export function forget() {
    sessionStorage.removeItem(KEY);
}
