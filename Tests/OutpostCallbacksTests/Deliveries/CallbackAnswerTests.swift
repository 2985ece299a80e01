// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Testing

@testable import OutpostCallbacks

/// What becomes of a delivery, by what the receiver does.
struct CallbackAnswerTests {
    @Test func aDeliveryIsOneSignedRequest() async throws {
        try await Receiver.answering(.status("204 No Content", body: "")) { receiver, port async throws in
            let outcome = try await deliver(to: "http://127.0.0.1:\(port)/hook?a=b%20c")
            #expect(outcome == .delivered(status: 204))
            let requests = receiver.requests
            try #require(requests.count == 1)
            let parts = requests[0].split(separator: "\r\n\r\n", maxSplits: 1)
            let lines = parts[0].split(separator: "\r\n").map(String.init)
            #expect(lines[0] == "POST /hook?a=b%20c HTTP/1.1")
            #expect(
                Set(lines.dropFirst()) == [
                    "Content-Type: application/json", "User-Agent: outpost/test",
                    "Outpost-Signature: t=1790000000,v1=d5098032e60bac307eaa523fb6303686401e4b1ce2a83abbe21d78e4cc39c4d4",
                    "Outpost-Delivery: dlv_7", "Outpost-Attempt: 3", "host: 127.0.0.1:\(port)", "Content-Length: 14",
                ])
            #expect(parts.last == #"{"id":"job_1"}"#)
        }
    }

    @Test(arguments: [200, 201, 202, 299]) func aStatusOf2xxIsADelivery(status: Int) async throws {
        #expect(try await outcome(.status("\(status) X")) == .delivered(status: status))
    }

    @Test(arguments: [400, 401, 403, 404, 410, 413, 422, 451, 304])
    func arrangementsThatTimeDoesNotChangeArePermanent(status: Int) async throws {
        guard case .failed(let reason, let isPermanent, nil) = try await outcome(.status("\(status) X", body: ""))
        else {
            Issue.record("the delivery has not failed as expected")
            return
        }
        #expect(reason.hasPrefix("the receiver answered \(status)"))
        #expect(isPermanent)
    }

    @Test(arguments: [408, 409, 425, 429, 500, 502, 503, 599])
    func faultsThatMayPassAreNotPermanent(status: Int) async throws {
        let expected = CallbackOutcome.failed(
            reason: "the receiver answered \(status)", isPermanent: false, retryAfterSeconds: nil)
        #expect(try await outcome(.status("\(status) X")) == expected)
    }

    @Test(arguments: [
        ("0", 0), ("7", 7), ("3600", 3600), ("3601", 3600), ("99999999999999999999999", 3600), ("-1", nil),
        ("1.5", nil),
        ("", nil), ("Sat, 21 Nov 2026 09:41:07 GMT", nil),
    ])
    func retryAfterIsTakenInSecondsUpToAnHour(value: String, seconds: Int?) async throws {
        let expected = CallbackOutcome.failed(
            reason: "the receiver answered 503", isPermanent: false, retryAfterSeconds: seconds)
        #expect(try await outcome(.status("503 X", headers: "Retry-After: \(value)\r\n")) == expected)
    }

    @Test(arguments: [301, 302, 303, 307, 308]) func aRedirectionIsNotFollowed(status: Int) async throws {
        try await Receiver.answering(.status("200 OK")) { other, otherPort async throws in
            let location = "Location: http://127.0.0.1:\(otherPort)/\r\n"
            let expected = CallbackOutcome.failed(
                reason: "the receiver answered \(status), and redirections are not followed", isPermanent: true,
                retryAfterSeconds: nil)
            #expect(try await outcome(.status("\(status) X", headers: location)) == expected)
            #expect(other.requests.isEmpty)
        }
    }

    @Test func aSilentReceiverIsGivenUp() async throws {
        #expect(try await outcome(.text(""), timeoutSeconds: 1) == late)
    }

    @Test func aReceiverThatAnswersByteByByteIsGivenUp() async throws {
        #expect(try await outcome(.slow("HTTP/1.1 200 OK\r\nX-Slow: "), timeoutSeconds: 1) == late)
    }

    @Test func aSlowBodyEndsWithTheTimeAndChangesNothing() async throws {
        let answer = ReceiverAnswer.slow("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        try await Receiver.answering(answer) { receiver, port async throws in
            let outcome = try await deliver(to: "http://127.0.0.1:\(port)/", timeoutSeconds: 1)
            #expect(outcome == .delivered(status: 200))
            // The whole body would take hours: the connection ends because it was closed on the sender's side.
            try await receiver.firstClosed()
            #expect(receiver.bytesTaken < 100_000)
        }
    }

    @Test func aHugeBodyIsCutOff() async throws {
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n"
        let answer = ReceiverAnswer.endless(head, then: String(repeating: "x", count: 65536))
        try await Receiver.answering(answer) { receiver, port async throws in
            #expect(try await deliver(to: "http://127.0.0.1:\(port)/") == .delivered(status: 200))
            // What the kernel's buffers take, and no more.
            #expect(receiver.bytesTaken < 32 << 20)
        }
    }

    @Test func aConnectionThatIsClosedIsAFailureThatMayPass() async throws {
        let closed = CallbackOutcome.failed("the receiver closed the connection before it answered")
        #expect(try await outcome(.close) == closed)
    }

    @Test func anAnswerThatIsNotHTTPIsAFailureThatMayPass() async throws {
        #expect(try await outcome(.text("SSH-2.0-x\r\n\r\n")) == .failed("the receiver's answer is not HTTP"))
    }

    @Test func aPortWithoutAReceiverIsAFailureThatMayPass() async throws {
        let port = try await Receiver.answering(.close) { _, port in port }
        let refused = CallbackOutcome.failed("the connection to the receiver failed")
        #expect(try await deliver(to: "http://127.0.0.1:\(port)/") == refused)
    }

    @Test func aCancelledDeliveryEndsAtOnce() async throws {
        try await Receiver.answering(.text("")) { receiver, port async throws in
            let delivery = Task { try await deliver(to: "http://127.0.0.1:\(port)/", timeoutSeconds: 600) }
            try await receiver.firstRequest()
            delivery.cancel()
            #expect(try await delivery.value == .failed("the attempt was cut short"))
        }
    }

    private let late = CallbackOutcome.failed("the receiver did not answer within 1 s")

    private func outcome(_ answer: ReceiverAnswer, timeoutSeconds: Int = 120) async throws -> CallbackOutcome {
        try await Receiver.answering(answer) { _, port async throws in
            try await deliver(to: "http://127.0.0.1:\(port)/", timeoutSeconds: timeoutSeconds)
        }
    }
}
