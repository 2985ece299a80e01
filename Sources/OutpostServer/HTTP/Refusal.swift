// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// An error on its way out to the step that answers with it. The steps between may add headers to that answer.
struct Refusal: Error {
    let error: OutpostError
    var headers: Headers

    /// What is no error of ours is one that nobody expected.
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

/// Adds headers to what `answer` answers, or refuses with.
func adding(_ headers: Headers, to answer: () async throws -> Answer) async throws -> Answer {
    do {
        var answer = try await answer()
        answer.headers += headers
        return answer
    } catch {
        throw Refusal(error, headers: headers)
    }
}
