// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostCore

/// The options of every command that calls a server.
struct GlobalOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The server: http://host:port, https://host:port or unix:/path.sock. (default: OUTPOST_URL, else "
                + "http://127.0.0.1:8080)"))
    var url: String?

    @Option(
        help: ArgumentHelp(
            "The token to call with. (default: OUTPOST_TOKEN, else the administrator's token of the server on this "
                + "machine)"))
    var token: String?

    @Option(help: "The namespace. (default: OUTPOST_NAMESPACE, else default)", transform: namespaceName)
    var namespace: NamespaceName?

    @Flag(help: "Print the server's answer as one line of JSON.")
    var json = false
}

private func namespaceName(_ text: String) throws -> NamespaceName {
    guard let name = NamespaceName(text) else {
        throw ValidationError("a namespace's name has at most 39 lower-case letters, digits and \"-\"")
    }
    return name
}
