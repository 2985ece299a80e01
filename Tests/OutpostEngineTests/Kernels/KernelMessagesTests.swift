// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Testing

@testable import OutpostEngine

/// Messages between the server and a kernel.
struct KernelMessagesTests {
    private func decoded(_ text: String) -> KernelReply? { KernelReply(Array(text.utf8)) }

    @Test func aCommandHasTheMembersThatAreSet() {
        let exec = KernelCommand(type: "exec", id: 7, code: "x = \"ä\"\n", max_result_bytes: 9)
        let text = #"{"type":"exec","id":7,"code":"x = \"ä\"\n","max_result_bytes":9}"#
        #expect(exec.frame == KernelFrames.frame(Array(text.utf8)))
        let inspect = KernelCommand(type: "inspect", id: 8, code: "x", cursor: 1, detail: true)
        let other = #"{"type":"inspect","id":8,"code":"x","cursor":1,"detail":true}"#
        #expect(inspect.frame == KernelFrames.frame(Array(other.utf8)))
    }

    @Test func aResultIsRead() throws {
        let reply = try #require(
            decoded(
                #"{"type":"result","id":3,"data":{"text/plain":"1"},"json":{"a/b":"[1]"},"is_main_result":true,"#
                    + #""display_id":"d","update":true,"omitted":{"image/png":5},"metadata":"{}","execution_count":2}"#)
        )
        #expect(reply.type == "result" && reply.id == 3)
        #expect(reply.result.isMain && reply.result.isUpdate && reply.result.displayID == "d")
        #expect(reply.data == ["text/plain": "1"] && reply.json == ["a/b": "[1]"])
        #expect(reply.omitted == ["image/png": 5] && reply.execution_count == 2)
    }

    @Test func anEndIsRead() throws {
        let failed = try #require(
            decoded(
                #"{"type":"end","id":3,"status":"error","error":{"name":"E","value":"v","traceback":["a","b"]},"#
                    + #""execution_count":null}"#))
        #expect(failed.status == "error" && failed.execution_count == nil)
        #expect(failed.failure == KernelError(name: "E", value: "v", traceback: ["a", "b"]))
        let answered = try #require(
            decoded(
                #"{"type":"end","id":4,"status":"ok","error":null,"#
                    + #""matches":["a"],"cursor_start":0,"cursor_end":1}"#))
        #expect(answered.failure == nil && answered.matches == ["a"])
        #expect(answered.cursor_start == 0 && answered.cursor_end == 1)
    }

    @Test(arguments: [
        "", "[]", "null", "{}", #"{"type":1}"#, #"{"type":"end","id":"1"}"#, #"{"type":"end","id":1.5}"#,
        #"{"type":"result","data":{"a":1}}"#, #"{"type":"result","data":[]}"#,
        #"{"type":"result","omitted":{"a":"1"}}"#,
        #"{"type":"end","error":{"name":"E","value":"v"}}"#, #"{"type":"end","error":"E"}"#,
        #"{"type":"end","error":{"name":"E","value":"v","traceback":[1]}}"#, #"{"type":"end","matches":["a",1]}"#,
        #"{"type":"end"} x"#, #"{"type":"end","found":1}"#,
    ])
    func anythingElseIsNoMessage(text: String) {
        #expect(decoded(text) == nil)
    }

    @Test func bytesThatAreNoTextAreNoMessage() {
        #expect(KernelReply([0x7B, 0xFF, 0x7D]) == nil)
    }
}
