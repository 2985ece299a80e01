// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import NIOCore
import NIOSSL
import OutpostCore
import OutpostNetwork
import Testing

@testable import OutpostCallbacks

/// Where a delivery connects to, and where it does not.
struct CallbackDestinationTests {
    private let notPublic = CallbackOutcome.refused("callback_url's host has an address that is not public")

    @Test(arguments: ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"])
    func theLoopbackInterfaceIsNotCalledUnlessListed(host: String) async throws {
        try await Receiver.answering(.status("200 OK")) { receiver, port async throws in
            #expect(try await deliver(to: "http://\(host):\(port)/", allowing: []) == notPublic)
            #expect(
                try await deliver(to: "http://\(host):\(port)/", allowing: ["127.0.0.1:1", "[::1]:1"]) == notPublic)
            #expect(receiver.requests.isEmpty)
        }
    }

    @Test(arguments: ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "127.0.0.1."])
    func anOddSpellingOfAnAddressIsNeverCalled(host: String) async throws {
        try await Receiver.answering(.status("200 OK")) { receiver, port async throws in
            let outcome = try await deliver(to: "http://\(host):\(port)/", allowing: [])
            guard case .failed(_, isPermanent: true, nil) = outcome else {
                Issue.record("\(host) was not refused: \(outcome)")
                return
            }
            #expect(receiver.requests.isEmpty)
        }
    }

    @Test func aNameWithPublicAndOtherAddressesIsRefused() async throws {
        let lookup = resolving(to: "8.8.8.8", "127.0.0.1")
        #expect(try await deliver(to: "http://hooks.example/", allowing: [], lookup: lookup) == notPublic)
    }

    @Test func aNameIsLookedUpOnceAndSentAsItIs() async throws {
        let count = NIOLockedValueBox(0)
        let lookup = NameLookup { name in
            #expect(name == "hooks.example")
            count.withLockedValue { $0 += 1 }
            return ["127.0.0.1"].compactMap(HostAddress.init)
        }
        try await Receiver.answering(.status("200 OK")) { receiver, port async throws in
            let outcome = try await deliver(to: "http://Hooks.Example:\(port)/", lookup: lookup)
            #expect(outcome == .delivered(status: 200))
            #expect(receiver.requests.first?.contains("host: hooks.example:\(port)\r\n") == true)
        }
        #expect(count.withLockedValue { $0 } == 1)
    }

    @Test func aNameThatIsListedMayHaveAnyAddress() async throws {
        try await Receiver.answering(.status("200 OK")) { _, port async throws in
            let outcome = try await deliver(
                to: "http://hooks.internal:\(port)/", allowing: ["hooks.internal"], lookup: resolving(to: "127.0.0.1"))
            #expect(outcome == .delivered(status: 200))
        }
    }

    @Test func aNameThatDoesNotExistMayExistLater() async throws {
        let missing = CallbackOutcome.failed("callback_url's host could not be found")
        #expect(try await deliver(to: "http://nothing.invalid/") == missing)
    }

    @Test func aLookUpThatTakesTooLongIsGivenUp() async throws {
        let isOver = ConditionLock(value: false)
        defer {
            isOver.lock()
            isOver.unlock(withValue: true)
        }
        let lookup = NameLookup { _ in
            isOver.lock(whenValue: true)
            isOver.unlock()
            return []
        }
        let outcome = try await deliver(to: "http://hooks.example/", timeoutSeconds: 1, lookup: lookup)
        #expect(outcome == .failed("callback_url's host was not found within 1 s"))
    }

    @Test func aConnectionToAnotherAddressThanTheOneThatWasJudgedIsClosed() async throws {
        try await Receiver.answering(.status("200 OK")) { receiver, port async throws in
            let exchange = CallbackExchange(
                url: try CallbackURL("http://127.0.0.1:\(port)/"), address: try #require(HostAddress("127.0.0.2")),
                trustRoots: .default, deadline: .now() + .seconds(120))
            await #expect(throws: CallbackExchange.WrongPeer.self) { try await exchange.post([], headers: []) }
            #expect(receiver.requests.isEmpty)
        }
    }

    @Test func aCertificateThatNobodyTrustsIsRefused() async throws {
        #expect(try await overTLS(to: "hooks.example", trusting: .default) == untrusted)
    }

    @Test func aCertificateForAnotherNameIsRefused() async throws {
        let roots = NIOSSLTrustRoots.certificates([try TestCertificate.certificate()])
        #expect(try await overTLS(to: "other.example", trusting: roots) == untrusted)
    }

    @Test func aCertificateForTheNameIsAccepted() async throws {
        let roots = NIOSSLTrustRoots.certificates([try TestCertificate.certificate()])
        #expect(try await overTLS(to: "hooks.example", trusting: roots) == .delivered(status: 200))
    }

    private let untrusted = CallbackOutcome.failed(
        "TLS with the receiver failed; its certificate must be valid for its name")

    private func overTLS(to name: String, trusting roots: NIOSSLTrustRoots) async throws -> CallbackOutcome {
        try await Receiver.answering(.status("200 OK"), tls: try TestCertificate.server()) {
            receiver, port async throws in
            let outcome = try await deliver(
                to: "https://\(name):\(port)/", lookup: resolving(to: "127.0.0.1"), trustRoots: roots)
            let isDelivered = outcome == .delivered(status: 200)
            #expect(receiver.requests.count == (isDelivered ? 1 : 0))
            return outcome
        }
    }
}
