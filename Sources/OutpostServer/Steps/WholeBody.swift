// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import HummingbirdCore
import OutpostAPI
import OutpostCore
import OutpostEngine

/// Reads the body of a call that takes a whole body. Counts its bytes in the quota `bodies` of the call's namespace
/// until the call is answered.
struct WholeBody: RequestStep {
    let engine: Engine
    let limit: Int

    func handle(
        _ request: Request, context call: Call, next: (Request, Call) async throws -> Answer
    ) async throws -> Answer {
        let type: BodyType?
        switch call.endpoint.body {
        case .none, .streamed: return try await next(request, call)
        case .bytes: type = nil
        case .json(let orForm): type = try BodyType(request.headers[.contentType], isFormTaken: orForm)
        }
        var call = call
        var held = call.incoming.expectedBytes(limit: limit)
        try engine.quotas.take(.bodies, held, in: call.owner)
        defer { engine.quotas.give(.bodies, held, in: call.owner) }
        call.body = try await call.incoming.take(limit: limit)
        engine.quotas.give(.bodies, held - call.body.count, in: call.owner)
        held = call.body.count
        if case .form(let boundary) = type {
            call.body = try await json(call, boundary: boundary)
            // The JSON is often larger than the form, because base64 turns three bytes into four.
            if call.body.count > held {
                try engine.quotas.take(.bodies, call.body.count - held, in: call.owner)
                held = call.body.count
            }
        }
        return try await next(request, call)
    }

    private func json(_ call: Call, boundary: String) async throws(OutpostError) -> [UInt8] {
        let form = call.body
        return try await engine.work.run(bytes: form.count, for: call.owner) { () throws(OutpostError) in
            try FormBody.json(form, boundary: boundary).bytes
        }
    }
}
