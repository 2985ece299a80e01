// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Testing

@testable import OutpostStore

/// What is kept of a job and of its result is a document of the store's own.
struct DocumentTests {
    @Test func whatIsWrittenIsReadAsItWas() throws {
        var records = GeneratedRecords(seed: 7)
        var statuses: Set<ExecutionStatus> = []
        for _ in 0..<2000 {
            let execution = records.execution()
            statuses.insert(execution.status)
            try #require(try Execution(stored: execution.stored()).isSame(as: execution))
            let request = records.request()
            try #require(try JobRequest(stored: request.stored()).isSame(as: request))
        }
        #expect(statuses == Set(ExecutionStatus.allCases))
    }

    @Test func oneValueHasOneDocument() throws {
        #expect(try Execution.full.stored() == Execution.full.stored())
        #expect(try JobRequest.full.stored() == JobRequest.full.stored())
    }

    /// These were written by the first version of the documents, and are read for ever.
    @Test func theFirstVersionIsRead() throws {
        #expect(try Execution(stored: Array(executionOfVersion1.utf8)) == .full)
        #expect(try JobRequest(stored: Array(jobOfVersion1.utf8)) == .full)
    }

    @Test func aVersionThatIsNotKnownIsRefusedByItsName() throws {
        for version in ["0", "2", "-1", "9007199254740993"] {
            let document = Array("{\"version\":\(version)}".utf8)
            let result = try #require(throws: OutpostError.self) { try Execution(stored: document) }
            #expect(
                result.message
                    == "the result cannot be read: its version is \(version), and this version of outpost reads up to 1"
            )
            let job = try #require(throws: OutpostError.self) { try JobRequest(stored: document) }
            #expect(
                job.code == .internal && job.message.hasPrefix("the job cannot be read: its version is \(version),"))
        }
    }

    @Test func fieldsThatAreNotKnownAreLeftOut() throws {
        let more = executionOfVersion1.replacing("{\"", with: "{\"later\":{\"version\":9},\"", maxReplacements: 1)
        #expect(try Execution(stored: Array(more.utf8)) == .full)
    }

    @Test func aNameThatIsNotKnownIsRefusedWithItsField() throws {
        let document = executionOfVersion1.replacing("\"timed_out\"", with: "\"evaporated\"")
        let error = try #require(throws: OutpostError.self) { try Execution(stored: Array(document.utf8)) }
        #expect(error.message.contains("status is 'evaporated'"))
    }

    @Test(arguments: ["", "{", "[]", "{}", "{\"version\":1}", "{\"version\":\"1\"}", "null"])
    func whatIsNoDocumentIsRefused(text: String) throws {
        let result = try #require(throws: OutpostError.self) { try Execution(stored: Array(text.utf8)) }
        #expect(result.code == .internal && result.message == "the result cannot be read any more")
        let job = try #require(throws: OutpostError.self) { try JobRequest(stored: Array(text.utf8)) }
        #expect(job.code == .internal)
    }
}

extension Hashable {
    /// Whether it is equal and spelled alike: texts are equal that Unicode calls equivalent, and -0 is 0.
    fileprivate func isSame(as other: Self) -> Bool { self == other && spelled(self) == spelled(other) }
}

private func spelled(_ value: Any) -> String {
    if let text = value as? String { return "\(Array(text.utf8))" }
    let children = Mirror(reflecting: value).children
    return children.isEmpty ? "\(value)" : "(" + children.map { spelled($0.value) }.joined(separator: ",") + ")"
}
