// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// An error on its way to the step `ErrorAnswers`, which answers with it. Other steps can add headers to the answer.
struct Refusal: Error {
    let error: OutpostError
    var headers: Headers

    /// Wraps any error. An unknown error becomes `internal`.
    init(_ error: any Error, headers: Headers = []) {
        switch error {
        case let refusal as Refusal: self = refusal
        case let error as OutpostError: self.init(error)
        default: self.init(OutpostError(.internal, "the server failed", cause: error))
        }
        self.headers += headers
    }

    private init(_ error: OutpostError) {
        self.error = error
        headers = []
    }
}

/// Adds headers to the answer of `answer`, or to the error that it throws.
func adding(_ headers: Headers, to answer: () async throws -> Answer) async throws -> Answer {
    do {
        var answer = try await answer()
        answer.headers += headers
        return answer
    } catch {
        throw Refusal(error, headers: headers)
    }
}
