// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import HummingbirdCore
import NIOCore
import OutpostAPI
import OutpostCore

/// The context of a request in Hummingbird. Our own data is in `Call`.
struct APIContext: InitializableFromSource {
    /// The connection that the request came over.
    let channel: any Channel

    init(source: ApplicationRequestContextSource) { channel = source.channel }
}

/// Finds the dialect and the endpoint of a request, and passes the request through the steps.
///
/// Hummingbird's router does not fit. It answers a wrong method with 404 instead of 405 with `Allow`, and it
/// percent-decodes the parameters of paths.
struct APIResponder: HTTPResponder {
    private let served: [Served]

    /// A dialect with its paths and steps.
    private struct Served: Sendable {
        let dialect: Dialect
        let paths: PathTable<Endpoint>
        let answer: @Sendable (Request, Call) async throws -> Answer
    }

    init(_ dialects: [Dialect], _ services: ServerServices) {
        served = dialects.map { dialect in
            let steps = services.steps(for: dialect)
            return Served(dialect: dialect, paths: PathTable(dialect.endpoints) { $0.path }) { request, call in
                try await steps.handle(request, context: call) { try await $1.endpoint.handle($1) }
            }
        }
    }

    /// A task gives the memory of its deepest call back only when it ends, and the task of a connection lasts as long as a
    /// stream. So an answer that may be a stream is made in a task of its own.
    func respond(to request: Request, context: APIContext) async throws -> Response {
        let wantsEvents = AcceptHeader(request.headers[values: .accept]).include("text/event-stream")
        guard wantsEvents || request.head.asksForUpgrade else {
            return try await response(to: request, wantsEvents: false, on: context.channel)
        }
        async let response = response(to: request, wantsEvents: wantsEvents, on: context.channel)
        return try await response
    }

    private func response(
        to request: Request, wantsEvents: Bool, on channel: any Channel
    ) async throws -> Response {
        let path = request.uri.path
        guard let served = served(path) else { return Response(status: .notFound) }
        let (endpoint, parameters) = Self.endpoint(served.paths, path, request.method)
        let call = Call(request, endpoint, parameters: parameters, wantsEvents: wantsEvents, channel: channel)
        let answer = try await served.answer(request, call)
        return answer.response(on: channel, withContent: request.method != .head)
    }

    /// Returns the dialect with the longest prefix of `path`.
    private func served(_ path: String) -> Served? {
        var best: (served: Served, length: Int)?
        for one in served {
            guard let length = one.dialect.claim(on: path), length > best?.length ?? -1 else { continue }
            best = (one, length)
        }
        return best?.served
    }

    private static func endpoint(
        _ paths: PathTable<Endpoint>, _ path: String, _ method: HTTPRequest.Method
    ) -> (Endpoint, [String: String]) {
        guard let match = paths.match(path) else {
            let isOnlySlash = path.hasSuffix("/") && paths.match(String(path.dropLast())) != nil
            return (isOnlySlash ? .slashAtEnd : .nothing, [:])
        }
        // HEAD is GET without the content (RFC 9110, section 9.3.2).
        let name = method == .head ? RequestMethod.get.rawValue : method.rawValue
        let endpoint = match.entries.first { $0.method.rawValue == name }
        return (endpoint ?? .otherMethods(match), match.parameters)
    }
}

extension Endpoint {
    /// The endpoint of a path that does not exist.
    fileprivate static let nothing = missing("this path does not exist")

    /// The endpoint of a path that exists without the slash at its end.
    fileprivate static let slashAtEnd = missing("this path does not exist; remove the slash at the end")

    private static func missing(_ problem: ErrorText) -> Endpoint {
        Endpoint(method: .get, path: PathTemplate(""), access: .open) { _ in throw OutpostError(.notFound, problem) }
    }

    /// Returns the endpoint of a path that exists, but only with other methods.
    fileprivate static func otherMethods(_ match: PathTable<Endpoint>.Match) -> Endpoint {
        let allow = match.entries.map(\.method.rawValue).joined(separator: ", ")
        var endpoint = Endpoint(method: .get, path: match.template, access: .open) { _ in
            throw Refusal(OutpostError(.methodNotAllowed, "this path allows only \(allow)"), headers: [(.allow, allow)])
        }
        endpoint.isHostOptional = match.entries.contains { $0.access == .open }
        return endpoint
    }
}
