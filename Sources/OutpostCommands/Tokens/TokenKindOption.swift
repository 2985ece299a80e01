// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostCore

/// Which kind of credential.
struct TokenKindOption: ParsableArguments {
    @Flag(help: "Use API keys instead of personal access tokens.")
    var apiKey = false

    var kind: TokenKind { apiKey ? .apiKey : .personalAccessToken }
}
