// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import OutpostAPI
import OutpostCore
import OutpostEngine
import OutpostStore

/// Takes a request through everything that is the same for all calls: route, caller, rate, body, repetition, error.
struct APIResponder: HTTPResponder {
    let engine: Engine
    let handlers: Handlers
    let bodyLimit: Int
    let logger: Logger
    let requests: RequestCounts

    func respond(to request: Request, context: APIContext) async throws -> Response {
        let id = CallID()
        var common: [(HTTPField.Name, String)] = [(.requestID, id.rawValue)]
        var progress = Progress()
        let answer: Answer
        do throws(OutpostError) {
            answer = try await serve(request, id, &progress)
        } catch {
            answer = refusal(error, id)
        }
        if !progress.hasTakenBody, request.headers[.transferEncoding] != nil { await discardBody(of: request) }
        common += rateHeaders(progress.standing)
        requests.count(answer.status)
        return answer.response(common)
    }

    /// How far a request has come.
    private struct Progress {
        var standing: RateLimiter.Standing?
        /// A body can be taken once only.
        var hasTakenBody = false
    }

    /// Takes a chunked body that nobody wants before the answer is sent: were it malformed, the framing layer would add an
    /// answer of its own, and the next request on the connection would get it (RFC 9112, section 11.2). A body of a
    /// declared length cannot be malformed, and its sender may be waiting for the answer.
    private func discardBody(of request: Request) async {
        var size = 0
        do {
            for try await part in request.body {
                size += part.readableBytes
                if size > bodyLimit { return }
            }
        } catch {
            // Then the connection is closed already, with the framing layer's own answer.
            return
        }
    }

    private func refusal(_ error: OutpostError, _ id: CallID) -> Answer {
        if error.code == .internal {
            logger.error("a request failed", metadata: ["request": "\(id)", "error": "\(error)"])
        }
        return .error(error, id)
    }

    private func serve(
        _ request: Request, _ id: CallID, _ progress: inout Progress
    ) async throws(OutpostError) -> Answer {
        guard let match = RouteTable.match(request.uri.path) else {
            throw OutpostError(.notFound, "there is nothing at this path")
        }
        guard let method = RequestMethod(rawValue: request.method.rawValue), let route = match.route(method) else {
            var answer = Answer.error(
                OutpostError(.methodNotAllowed, "this path takes \(match.allow)"), id)
            answer.headers.append((.allow, match.allow))
            return answer
        }
        let (principal, namespace) = try await authorize(request, route, match, &progress.standing)
        let call = Call(
            route: route, principal: principal, namespace: namespace, parameters: match.parameters,
            query: request.uri.queryParameters.map { (String($0.key), String($0.value)) },
            body: route.request == nil ? [] : try await body(of: request, &progress))
        guard let key = request.headers[.idempotencyKey], route.acceptsIdempotencyKey, let principal else {
            return try await handlers.handle(call)
        }
        return try await once(call, key, principal, path: request.uri.path, id)
    }

    /// Checks who calls, for which namespace, and how often.
    private func authorize(
        _ request: Request, _ route: Route, _ match: PathMatch, _ standing: inout RateLimiter.Standing?
    ) async throws(OutpostError) -> (Principal?, NamespaceName?) {
        guard route.access != .open else { return (nil, nil) }
        let principal = try await engine.tokens.authenticate(request.headers[.authorization])
        let now = engine.rateLimiter.count(principal)
        standing = now
        if let seconds = now.retryAfter {
            throw OutpostError(
                .rateLimited, "the plan \(principal.plan.rawValue) allows no more calls now", retryAfter: seconds)
        }
        var namespace: NamespaceName?
        if let text = match.parameters["namespace"] {
            guard let name = NamespaceName(text) else {
                throw .field(.invalidRequest, "namespace", "must match [a-z0-9]([a-z0-9-]{0,37}[a-z0-9])?")
            }
            try principal.require(name)
            namespace = name
        }
        if let scope = route.scope { try principal.require(scope) }
        return (principal, namespace)
    }

    private func body(of request: Request, _ progress: inout Progress) async throws(OutpostError) -> [UInt8] {
        let type = request.headers[.contentType]?.split(separator: ";").first?.lowercased()
        guard type?.trimmingSpaces == "application/json" else {
            throw OutpostError(.unsupportedMediaType, "the body must come as Content-Type: application/json")
        }
        if let text = request.headers[.contentLength], let length = Int(text), length > bodyLimit { throw tooLarge }
        progress.hasTakenBody = true
        do {
            let buffer = try await request.body.collect(upTo: bodyLimit)
            return Array(buffer.readableBytesView)
        } catch is NIOTooManyBytesError {
            throw tooLarge
        } catch {
            throw OutpostError(.invalidRequest, "the body could not be read", cause: error)
        }
    }

    private var tooLarge: OutpostError {
        OutpostError(.payloadTooLarge, "the body is larger than \(bodyLimit) bytes")
    }

    private func once(
        _ call: Call, _ key: String, _ principal: Principal, path: String, _ id: CallID
    ) async throws(OutpostError) -> Answer {
        try RequestHeaders.checkIdempotencyKey(key)
        let recorded = try await engine.idempotency.answer(
            .init(credential: principal.credential, method: call.route.method.rawValue, path: path, key: key),
            body: call.body
        ) {
            let answer: Answer
            do throws(OutpostError) { answer = try await handlers.handle(call) } catch { answer = refusal(error, id) }
            return .init(status: answer.status, contentType: answer.contentType ?? "", body: answer.body)
        }
        return Answer(
            status: recorded.status, contentType: recorded.contentType.isEmpty ? nil : recorded.contentType,
            body: recorded.body)
    }

    private func rateHeaders(_ standing: RateLimiter.Standing?) -> [(HTTPField.Name, String)] {
        // A caller without a limit, or without a credential to limit, gets the largest number that any client can read.
        let limit = standing?.limit.map(String.init) ?? "2147483647"
        let remaining = standing?.limit == nil ? "2147483647" : String(standing?.remaining ?? 0)
        return [(.rateLimit, limit), (.rateRemaining, remaining), (.rateReset, String(standing?.resetsAt ?? 0))]
    }
}

extension String {
    /// Without spaces and tabs at its ends.
    var trimmingSpaces: Substring {
        var text = self[...]
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }
}
