// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import NIOSSL
import OutpostCore
import OutpostNetwork

@testable import OutpostCallbacks

/// One delivery to a receiver of the test.
func deliver(
    to url: String, allowing entries: [String] = ["127.0.0.1"], timeoutSeconds: Int = 120,
    lookup: NameLookup = .system, trustRoots: NIOSSLTrustRoots = .default
) async throws -> CallbackOutcome {
    let sender = CallbackSender(
        policy: try CallbackPolicy(allowing: entries), userAgent: "outpost/test", timeoutSeconds: timeoutSeconds,
        clock: { Timestamp(milliseconds: 1_790_000_000_000) }, lookup: lookup, trustRoots: trustRoots)
    return await sender.send(
        CallbackMessage(
            url: url, body: Array(#"{"id":"job_1"}"#.utf8), secret: "whsec_0123456789abcdef", deliveryID: "dlv_7",
            attempt: 3))
}

/// A resolver that knows one answer.
func resolving(to addresses: String...) -> NameLookup {
    NameLookup { _ in addresses.compactMap(HostAddress.init) }
}
