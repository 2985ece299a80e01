// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Testing

@testable import OutpostAPI

struct ErrorBodyTests {
    @Test func anErrorIsWrittenWithoutItsCause() throws {
        let error = OutpostError(
            .invalidRequest, "env[2] must not be null",
            details: [ParameterProblem(.given("env[2]"), "must not be null")],
            cause: SecretCause())
        let body = ErrorBody(error, requestID: "req_0123456789ab")
        let golden =
            #"{"code":"invalid_request","message":"env[2] must not be null","#
            + #""request_id":"req_0123456789ab","details":[{"field":"env[2]","problem":"must not be null"}]}"#
        #expect(String(decoding: body.json.bytes, as: UTF8.self) == golden)
        #expect(try ErrorBody(reply: Array(golden.utf8)) == body)
    }

    @Test func aCodeOfALaterVersionIsKept() throws {
        let text = #"{"code":"teapot","message":"m","request_id":"r","details":[]}"#
        let error = try ErrorBody(reply: Array(text.utf8)).error(retryAfter: 3)
        #expect(error.code.rawValue == "teapot")
        #expect(error.code.httpStatus == 500)
        #expect(error.retryAfter == 3)
    }

    @Test func aPartOfTheRequestIsSpelledAsTheSchemaHasIt() throws {
        let error = OutpostError.parameter(
            .invalidRequest, Parameter.files[1] / .path, "is also that of \(Parameter.resourceLimits / .memory)")
        let body = ErrorBody(error.within(Parameter.jobs[2]), requestID: "r")
        #expect(body.details.map(\.field) == ["jobs[2].files[1].path"])
        #expect(body.details.map(\.problem) == ["is also that of resource_limits.memory_mb"])
        #expect(body.message == "jobs[2]: files[1].path is also that of resource_limits.memory_mb")
        #expect(error.message == "files[1].path is also that of resourceLimits.memory")
    }

    /// A name that no body has would send the client looking for it.
    @Test func everyNameIsOneOfTheRequests() {
        var pending = [ExecuteRequest.schema, SandboxRequest.schema, JobBatchRequest.schema]
        var known: Set = ["Idempotency-Key"]
        while let schema = pending.popLast() {
            if case .object(let rule) = schema.shape { known.formUnion(rule.fields.map(\.name)) }
            pending += schema.children
        }
        let names = Parameter.Name.allCases.filter { $0 != .isolation }.map { Parameter($0).field }
        #expect(names.filter { !known.contains($0) } == [])
        #expect(Set(names).count == names.count)
    }

    @Test func everyDocumentedCodeHasItsStatus() {
        for (code, status) in ErrorCode.documented { #expect(code.httpStatus == status) }
    }
}

private struct SecretCause: Error {}
