// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import Testing

@testable import OutpostClient

struct JobLogEventTests {
    @Test func outputIsTextOrBase64() throws {
        let text = ServerSentEvent(name: "stdout", data: "{\"data\": \"größer\\n\", \"seq\": 1}")
        #expect(try JobLogEvent(text) == .output(.stdout, bytes: Array("größer\n".utf8), number: 1))
        let bytes = ServerSentEvent(name: "stderr", data: "{\"data_base64\": \"/w==\", \"seq\": 2}")
        #expect(try JobLogEvent(bytes) == .output(.stderr, bytes: [0xFF], number: 2))
    }

    @Test func theStartNamesWhatBegins() throws {
        let event = ServerSentEvent(name: "start", data: "{\"id\": \"job_0123456789ab\"}")
        #expect(try JobLogEvent(event) == .started(id: "job_0123456789ab"))
    }

    @Test func theEndIsTheJob() throws {
        let job = Job(
            id: JobID(), namespace: .default, sandboxID: SandboxID(), status: .succeeded, attempt: 1,
            createdAt: Timestamp(milliseconds: 1000), startedAt: Timestamp(milliseconds: 2000),
            completedAt: Timestamp(milliseconds: 3000))
        let event = ServerSentEvent(name: "end", data: String(decoding: job.json.bytes, as: UTF8.self))
        #expect(try JobLogEvent(event) == .ended(job))
    }

    @Test func anEventOfALaterVersionIsNone() throws {
        #expect(try JobLogEvent(ServerSentEvent(name: "progress", data: "half")) == nil)
    }

    @Test(arguments: [
        ("stdout", "no JSON"), ("stdout", "{\"seq\": 1}"), ("stdout", "{\"data\": \"x\"}"), ("stdout", "[]"),
        ("stderr", "{\"data_base64\": \"?\", \"seq\": 1}"), ("end", "{}"), ("start", "{}"),
    ])
    func whatIsNotAsAgreedIsAnError(name: String, data: String) {
        #expect(throws: OutpostError.self) { try JobLogEvent(ServerSentEvent(name: name, data: data)) }
    }
}
