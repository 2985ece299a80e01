// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Synchronization
import Testing

@testable import OutpostEngine

/// What a kernel sends reaches the request in progress, and nothing else.
struct KernelWireTests {
    private func append(_ bytes: [UInt8], to wire: KernelWire, _ stream: LiveOutput.Stream = .stdout) -> Bool {
        wire.append(bytes[...], to: stream, in: OutputRecord()) {}
    }

    private func message(_ text: String) -> [UInt8] { KernelFrames.frame(Array(text.utf8)) }

    /// Otherwise the end of each request would wait for a millisecond after its result.
    @Test func aCallerWaitsForEachPart() { #expect(KernelWire {}.isAwaited) }

    @Test func aRequestGetsItsNewsInOrder() async {
        let wire = KernelWire {}
        let turn = KernelTurn(1, longestMessage: 100)
        wire.begin(turn)
        #expect(append([1, 0, 0, 0, 1, 65] + message("{}") + [1, 0, 0, 0, 2, 66], to: wire))
        wire.close()
        guard case .elements(let news) = await turn.news.next() else {
            Issue.record("there is no news")
            return
        }
        let shown = news.map { one in
            switch one {
            case .output(let stream, let bytes): "\(stream.rawValue) \(bytes)"
            case .message(let bytes): String(decoding: bytes, as: UTF8.self)
            }
        }
        #expect(shown == ["stdout [65]", "{}", "stderr [66]"])
        guard case .end = await turn.news.next() else {
            Issue.record("the news did not end with the program")
            return
        }
    }

    @Test func whatComesBetweenRequestsIsDropped() async {
        let wire = KernelWire {}
        #expect(append(message(String(repeating: " ", count: 500)), to: wire))
        let turn = KernelTurn(1, longestMessage: 100)
        wire.begin(turn)
        wire.end(turn)
        guard case .end = await turn.news.next() else {
            Issue.record("the request got the message of another time")
            return
        }
        #expect(wire.violation == nil)
    }

    @Test func garbageIsReportedOnce() {
        let count = Mutex(0)
        let wire = KernelWire { count.withLock { $0 += 1 } }
        #expect(append(Array("garbage".utf8), to: wire))
        #expect(append(Array("garbage".utf8), to: wire))
        #expect(count.withLock { $0 } == 1)
        #expect(wire.violation == "it sent a frame of the unknown kind 97")
    }

    @Test func onlyTheLastWordsOfTheProgramAreKept() {
        let wire = KernelWire {}
        for _ in 0..<100 { #expect(append([UInt8](repeating: 120, count: 1000), to: wire, .stderr)) }
        #expect(append(Array("end".utf8), to: wire, .stderr))
        #expect(wire.complaint.utf8.count == 4096)
        #expect(wire.complaint.hasSuffix("xend"))
    }
}

/// Messages of a kernel are not trusted.
struct KernelReplyTests {
    @Test(arguments: ["", "[]", "{", "{\"type\":1}", "{\"type\":\"end\",\"error\":\"text\"}"])
    func aMalformedMessageIsRefused(_ text: String) {
        #expect(KernelReply(Array(text.utf8)) == nil)
    }

    @Test func namesThatAreNoMediaTypesAreLeftOut() throws {
        let text = """
            {"type":"result","id":1,"data":{"text/plain":"x","is_main_result":"no","a/b/c":"no","té/xt":"no"},
            "json":{"application/json":"[1]"},"is_main_result":true,"unknown":[]}
            """
        let result = try #require(KernelReply(Array(text.utf8))).result
        #expect(result.isMain && result.data.texts == ["text/plain": "x"])
        #expect(result.data.json == ["application/json": "[1]"])
    }

    @Test func atMostThirtyTwoRepresentationsAreKept() {
        let many = Dictionary(uniqueKeysWithValues: (0..<100).map { ("text/x-\($0)", "x") })
        #expect(KernelData(texts: many).texts.count == 32)
    }

    @Test func aRecordingHasRoomForSomeResults() {
        let recording = KernelRecording()
        let large = KernelResult(
            data: KernelData(texts: ["text/plain": String(repeating: "x", count: 3 << 20)]), isMain: false)
        #expect(recording.append(large) && !recording.append(large))
        #expect(recording.results.count == 1 && recording.omitted == 1)
    }
}
