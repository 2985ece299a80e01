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
    let connections: Connections

    func respond(to request: Request, context: APIContext) async throws -> Response {
        let id = CallID()
        var common: [(HTTPField.Name, String)] = [(.requestID, id.rawValue)]
        var progress = Progress(body: IncomingBody(request, limit: bodyLimit, channel: context.channel))
        let answer: Answer
        do throws(OutpostError) {
            answer = try await serve(request, id, &progress, context.channel)
        } catch {
            answer = refusal(error, id)
        }
        if !progress.isUnambiguous || !progress.body.leavesConnectionUsable { common.append((.connection, "close")) }
        common += rateHeaders(progress.standing)
        requests.count(answer.status)
        return answer.response(common, withContent: request.method != .head)
    }

    /// How far a request has come.
    private struct Progress {
        let begun = ContinuousClock.now
        var body: IncomingBody
        /// Whether everybody on the way must have understood it alike.
        var isUnambiguous = false
        var standing: RateLimiter.Standing?
        /// Counted for the namespace.
        var heldBytes = 0
    }

    /// The whole body, once there is room for it.
    private func take(
        _ progress: inout Progress, _ route: Route, _ namespace: NamespaceName
    ) async throws(OutpostError) -> [UInt8] {
        let expected = progress.body.expectedBytes
        try engine.quotas.take(.bodies, expected, in: namespace)
        progress.heldBytes = expected
        let (body, kind) = try await progress.body.take(acceptsForm: route.acceptsForm)
        engine.quotas.give(.bodies, expected - body.count, in: namespace)
        progress.heldBytes = body.count
        guard case .form(let boundary) = kind else { return body }
        let json = try await engine.work.run(bytes: body.count, for: namespace) { () throws(OutpostError) in
            try FormBody.json(body, boundary: boundary).bytes
        }
        // Mostly more than what came: base64 makes four bytes of three.
        if json.count > body.count {
            try engine.quotas.take(.bodies, json.count - body.count, in: namespace)
            progress.heldBytes = json.count
        }
        return json
    }

    private func refusal(_ error: OutpostError, _ id: CallID) -> Answer {
        if error.code == .internal {
            logger.error("a request failed", metadata: ["request": "\(id)", "error": "\(error)"])
        }
        return .error(error, id)
    }

    private func serve(
        _ request: Request, _ id: CallID, _ progress: inout Progress, _ channel: any Channel
    ) async throws(OutpostError) -> Answer {
        let match = RouteTable.match(request.uri.path)
        try request.checkFraming(isHostRequired: match?.routes.allSatisfy { $0.access != .open } ?? false)
        progress.isUnambiguous = true
        guard let match else { throw OutpostError(.notFound, "there is nothing at this path") }
        // HEAD is GET without the content (RFC 9110, section 9.3.2).
        let name = request.method == .head ? RequestMethod.get.rawValue : request.method.rawValue
        guard let method = RequestMethod(rawValue: name), let route = match.route(method) else {
            var answer = Answer.error(
                OutpostError(.methodNotAllowed, "this path takes \(match.allow)"), id)
            answer.headers.append((.allow, match.allow))
            return answer
        }
        let (principal, namespace) = try await authorize(request, route, match, &progress.standing)
        var call = Call(
            route: route, principal: principal, namespace: namespace, parameters: match.parameters,
            query: request.uri.queryParameters.map { (String($0.key), String($0.value)) })
        if principal != nil { try connections.give(channel, to: principal?.namespace ?? .default) }
        defer { engine.quotas.give(.bodies, progress.heldBytes, in: call.owner) }
        if route.request != nil { call.body = try await take(&progress, route, call.owner) }
        call.wantsEvents = request.headers[.accept]?.contains("text/event-stream") ?? false
        let timing = route.acceptsTiming ? request.headers[.outpostTiming] : nil
        let tellsTimes = try RequestHeaders.isTimingWanted(timing)
        var answer: Answer
        if let key = request.headers[.idempotencyKey], route.acceptsIdempotencyKey, let principal {
            answer = try await once(call, key, principal, path: request.uri.path, id)
        } else {
            answer = try await handlers.handle(call)
        }
        if tellsTimes {
            let total = ContinuousClock.now - progress.begun
            answer.headers.append((.serverTiming, ServerTiming.text(call.times, total: total)))
        }
        return answer
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

    private func once(
        _ call: Call, _ key: String, _ principal: Principal, path: String, _ id: CallID
    ) async throws(OutpostError) -> Answer {
        try RequestHeaders.checkIdempotencyKey(key)
        var call = call
        let sameness = IdempotencyKey(
            credential: principal.id, namespace: call.namespace, method: call.route.method.rawValue, path: path,
            key: key)
        call.idempotencyKey = sameness
        let recorded = try await engine.idempotency.answer(sameness, body: call.body) { [call] in
            var answer: Answer
            do throws(OutpostError) { answer = try await handlers.handle(call) } catch { answer = refusal(error, id) }
            // A route whose answer comes in parts does not accept a key; one that does would answer nothing, twice.
            if answer.stream != nil {
                answer = refusal(OutpostError(.internal, "an answer that comes in parts cannot be kept"), id)
            }
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
