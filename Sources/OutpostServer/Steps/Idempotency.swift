// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import HummingbirdCore
import OutpostAPI
import OutpostCore
import OutpostEngine
import OutpostStore

/// Answers a repeated call with its first answer, by its `Idempotency-Key`.
struct Idempotency: RequestStep {
    let service: IdempotencyService
    /// Makes the answers of failed calls, which are stored too.
    let answers: ErrorAnswers

    func handle(
        _ request: Request, context call: Call, next: (Request, Call) async throws -> Answer
    ) async throws -> Answer {
        if case .streamed = call.endpoint.body, request.headers[.idempotencyKey] != nil {
            throw OutpostError.parameter(
                .invalidRequest, .idempotencyKey, "cannot be given for a body that is read piece by piece")
        }
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
            return (RecordedAnswer(answer), answer.recording)
        }
        // The stored answer does not have all headers of the first one.
        if let first { return first }
        // The call was served before, so a refusal loses nothing.
        try call.memory?.reserve(recorded.body.count)
        return try Answer(recorded)
    }

    private func served(
        _ request: Request, _ call: Call, _ next: (Request, Call) async throws -> Answer
    ) async -> Answer {
        do {
            let answer = try await next(request, call)
            // The stored answer would be empty.
            guard answer.stream == nil || answer.lastPart != nil else {
                throw OutpostError(.internal, "a streamed answer cannot be stored for an Idempotency-Key")
            }
            return answer
        } catch {
            return answers.answer(to: error, call.id)
        }
    }
}

extension Answer {
    /// What repetitions of the call get. After a server error or 429, a repetition runs again.
    fileprivate var recording: IdempotencyService.Recording {
        guard let lastPart else { return status < 500 && status != 429 ? .answer : .nothing }
        let head = self
        return .later {
            guard let body = await lastPart() else { return nil }
            var answer = head
            answer.body = body
            return RecordedAnswer(answer)
        }
    }

    /// - Throws: `internal` when the record is malformed.
    init(_ recorded: RecordedAnswer) throws(OutpostError) {
        let words = recorded.head.split(separator: " ", maxSplits: 1)
        guard let status = words.first.flatMap({ Int($0) }) else {
            throw OutpostError(.internal, "the server cannot read the stored answer to this call")
        }
        self.init(status: status, contentType: words.count > 1 ? String(words[1]) : nil, body: recorded.body)
    }
}

extension RecordedAnswer {
    /// Stores the status, the type of the body, and the body.
    init(_ answer: Answer) {
        let type = answer.contentType.map { " \($0)" } ?? ""
        self.init(head: "\(answer.status)\(type)", body: answer.body)
    }
}
