// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import NIOCore
import NIOSSL
public import OutpostCore
import OutpostNetwork

/// Sends callbacks. Each call makes one attempt.
public struct CallbackSender: Sendable {
    private let policy: CallbackPolicy
    private let userAgent: String
    private let timeoutSeconds: Int
    private let clock: @Sendable () -> Timestamp
    private let lookup: NameLookup
    private let trustRoots: NIOSSLTrustRoots

    /// - Parameters:
    ///   - policy: the destinations that are allowed.
    ///   - userAgent: the value of the header `User-Agent`.
    ///   - timeoutSeconds: the longest duration of one attempt, from the look-up of the host to the end of the answer.
    ///   - clock: the time for the signature.
    public init(
        policy: CallbackPolicy, userAgent: String, timeoutSeconds: Int = 15, clock: @escaping @Sendable () -> Timestamp
    ) {
        self.init(
            policy: policy, userAgent: userAgent, timeoutSeconds: timeoutSeconds, clock: clock, lookup: .system,
            trustRoots: .default)
    }

    init(
        policy: CallbackPolicy, userAgent: String, timeoutSeconds: Int, clock: @escaping @Sendable () -> Timestamp,
        lookup: NameLookup, trustRoots: NIOSSLTrustRoots
    ) {
        self.policy = policy
        self.userAgent = userAgent
        self.timeoutSeconds = timeoutSeconds
        self.clock = clock
        self.lookup = lookup
        self.trustRoots = trustRoots
    }

    /// Sends `message` once. It looks the host up once, checks the addresses with the policy, and connects to a checked
    /// address.
    ///
    /// Only the status of the answer decides the outcome. Up to 64 KiB of the body are read and dropped.
    public func send(_ message: CallbackMessage) async -> CallbackOutcome {
        let deadline = NIODeadline.now() + .seconds(Int64(timeoutSeconds))
        do {
            let url = try CallbackURL(message.url)
            guard let address = policy.destination(of: url, among: try await addresses(of: url, until: deadline)) else {
                return .refused("callback_url's host has an address that is not public")
            }
            let exchange = CallbackExchange(url: url, address: address, trustRoots: trustRoots, deadline: deadline)
            return try await exchange.post(message.body, headers: headers(message))
        } catch {
            return CallbackOutcome(error, timeoutSeconds: timeoutSeconds)
        }
    }

    private func addresses(of url: CallbackURL, until deadline: NIODeadline) async throws -> [HostAddress] {
        switch url.host {
        case .address(let address): [address]
        case .name(let name): try await lookup.addresses(of: name, until: deadline)
        }
    }

    private func headers(_ message: CallbackMessage) -> [(String, String)] {
        let signature = CallbackSignature.header(body: message.body, secret: message.secret, at: clock())
        return [
            ("Content-Type", "application/json"), ("User-Agent", userAgent), ("Outpost-Signature", signature),
            ("Outpost-Delivery", message.deliveryID), ("Outpost-Attempt", String(message.attempt)),
        ]
    }
}
