// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import Testing

struct ErrorBodyTests {
    @Test func anErrorIsWrittenWithoutItsCause() throws {
        let error = OutpostError(
            .invalidRequest, "env[2] must not be null",
            details: [FieldProblem(field: "env[2]", problem: "must not be null")],
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

    @Test func everyDocumentedCodeHasItsStatus() {
        for (code, status) in ErrorCode.documented { #expect(code.httpStatus == status) }
    }
}

private struct SecretCause: Error {}
