// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Testing

@testable import OutpostStore

/// A field that is added to a value and not to its document fails here.
struct DocumentFieldTests {
    /// Each value, and what is kept of it.
    private static func pairs() throws -> [(value: Any, document: Any)] {
        let execution = Execution.full
        let result = ExecutionDocument(execution)
        let request = JobRequest.full
        let job = JobDocument(request)
        let security = try #require(request.security)
        let judge = try #require(request.execution.judge)
        let judgeDocument = try #require(job.execution.judge)
        return [
            (execution, result), (execution.stdout, result.stdout),
            (try #require(execution.output?.first), try #require(result.output?.first)),
            (try #require(execution.compile), try #require(result.compile)),
            (try #require(execution.tests?.first), try #require(result.tests?.first)),
            (request, job), (security, try #require(job.security)),
            (security.user, try #require(job.security?.user)),
            (request.execution, job.execution), (request.execution.limits, job.execution.limits),
            (try #require(request.execution.environment.first), try #require(job.execution.environment.first)),
            (try #require(request.execution.files.first), try #require(job.execution.files.first)),
            (judge, judgeDocument), (try #require(judge.tests.first), try #require(judgeDocument.tests.first)),
            (try #require(judge.checker), try #require(judgeDocument.checker)),
        ]
    }

    /// Fields of a call that runs at once. The API refuses them for jobs.
    private static let ofCalls: Set = ["id", "detach", "isInputOpen"]

    @Test func aDocumentHasEachFieldOfItsValue() throws {
        for (value, document) in try Self.pairs() {
            let fields = Set(Mirror(reflecting: value).children.compactMap(\.label))
            let kept = Set(Mirror(reflecting: document).children.compactMap(\.label)).subtracting(["version"])
            let needed = value is ExecutionRequest ? fields.subtracting(Self.ofCalls) : fields
            #expect(!fields.isEmpty && needed == kept, "\(type(of: value))")
        }
    }

    @Test func theSamplesLeaveNoFieldAtWhatItIsWithoutAValue() {
        #expect(unset(in: Execution.full, "execution") == [])
        #expect(Set(unset(in: JobRequest.full, "request")) == Set(Self.ofCalls.map { "request.execution.\($0)" }))
    }

    @Test func theSamplesAreReadAsTheyWereWritten() throws {
        #expect(try Execution(stored: Execution.full.stored()) == .full)
        #expect(try JobRequest(stored: JobRequest.full.stored()) == .full)
    }
}

/// The fields below `value` that are nil, empty, zero or false.
func unset(in value: Any, _ path: String) -> [String] {
    let mirror = Mirror(reflecting: value)
    switch value {
    case let number as Int: return number == 0 ? [path] : []
    case let number as UInt32: return number == 0 ? [path] : []
    case let number as Int64: return number == 0 ? [path] : []
    case let number as Double: return number == 0 ? [path] : []
    case let truth as Bool: return truth ? [] : [path]
    case let text as String: return text.isEmpty ? [path] : []
    case let bytes as [UInt8]: return bytes.isEmpty ? [path] : []
    default: break
    }
    let canBeEmpty = mirror.displayStyle == .optional || mirror.displayStyle == .collection
    if canBeEmpty, mirror.children.isEmpty { return [path] }
    return mirror.children.flatMap { unset(in: $0.value, $0.label.map { "\(path).\($0)" } ?? path) }
}
