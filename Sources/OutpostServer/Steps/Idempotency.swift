// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import HummingbirdCore
import OutpostAPI
import OutpostCore
import OutpostEngine
import OutpostStore

/// Gives the first answer again to a call that is repeated with its key.
struct Idempotency: RequestStep {
    let service: IdempotencyService
    /// What is remembered of a call that failed is its answer.
    let answers: ErrorAnswers

    func handle(
        _ request: Request, context call: Call, next: (Request, Call) async throws -> Answer
    ) async throws -> Answer {
        guard let key = request.headers[.idempotencyKey], call.endpoint.isRepeatable, let principal = call.principal
        else { return try await next(request, call) }
        try RequestHeaders.checkIdempotencyKey(key)
        var keyed = call
        let sameness = IdempotencyKey(
            credential: principal.id, namespace: call.namespace, method: call.endpoint.method.rawValue,
            path: request.uri.path, key: key)
        keyed.idempotencyKey = sameness
        var first: Answer?
        let recorded = try await service.answer(sameness, body: call.body) { [keyed] in
            let answer = await served(request, keyed, next)
            first = answer
            return (RecordedAnswer(answer), answer.isFinal)
        }
        // What is recorded of an answer has not all of its headers.
        if let first { return first }
        return try Answer(recorded)
    }

    private func served(
        _ request: Request, _ call: Call, _ next: (Request, Call) async throws -> Answer
    ) async -> Answer {
        do {
            let answer = try await next(request, call)
            // An endpoint whose answer comes in parts does not take a key; one that did would answer nothing, twice.
            guard answer.stream == nil else {
                throw OutpostError(.internal, "an answer that comes in parts cannot be kept")
            }
            return answer
        } catch {
            return answers.answer(to: error, call.id)
        }
    }
}

extension Answer {
    /// Whether a repetition of the call should have this answer too. One that says "not now" is for this time.
    fileprivate var isFinal: Bool { status < 500 && status != 429 }

    /// - Throws: `internal` for a record that is none of an answer.
    init(_ recorded: RecordedAnswer) throws(OutpostError) {
        let words = recorded.head.split(separator: " ", maxSplits: 1)
        guard let status = words.first.flatMap({ Int($0) }) else {
            throw OutpostError(.internal, "the server cannot read the stored answer to this call")
        }
        self.init(status: status, contentType: words.count > 1 ? String(words[1]) : nil, body: recorded.body)
    }
}

extension RecordedAnswer {
    /// What is kept of an answer: its status, the type of its body, and the body.
    init(_ answer: Answer) {
        let type = answer.contentType.map { " \($0)" } ?? ""
        self.init(head: "\(answer.status)\(type)", body: answer.body)
    }
}
