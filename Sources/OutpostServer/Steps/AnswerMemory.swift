// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HummingbirdCore
import OutpostAPI
import OutpostCore
import OutpostEngine

/// Counts a large answer in the quota `output` of the call's namespace until the client has taken it.
///
/// A handler makes room before it makes a large answer. This step counts what a handler did not know before.
struct AnswerMemory: RequestStep {
    let engine: Engine

    func handle(
        _ request: Request, context call: Call, next: (Request, Call) async throws -> Answer
    ) async throws -> Answer {
        // The number of connections without a credential is limited, and their answers are small.
        guard call.principal != nil else { return try await next(request, call) }
        let memory = engine.outputMemory(in: call.owner)
        var call = call
        call.memory = memory
        var answer = try await next(request, call)
        if answer.stream == nil {
            // The number of connections limits the small answers.
            let bytes = answer.body.count > FairWork.smallBytes ? answer.body.count : 0
            try await call.makeRoom(for: bytes)
            memory.shrink(to: bytes)
            guard bytes > 0 else { return answer }
        }
        answer.memory = memory
        return answer
    }
}

extension Call {
    /// Makes room for an answer of `bytes`. A call that only reads is refused when there is none, and can be repeated.
    /// The answer of another call must not be lost and waits.
    ///
    /// - Throws: `rate_limited` when the namespace has used up its quota; `unavailable` when the server is full.
    func makeRoom(for bytes: Int) async throws(OutpostError) {
        if endpoint.method == .get { try memory?.reserve(bytes) } else { await memory?.wait(for: bytes) }
    }
}
