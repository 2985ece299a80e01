// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOEmbedded
import OutpostAPI
import OutpostCore
import OutpostEngine
import OutpostLanguages
import OutpostStore
import OutpostTesting
import ServiceLifecycle
import Testing

@testable import OutpostServer

/// An engine that runs nothing, and requests that no connection carries.
struct StepFixture {
    let engine: Engine
    let secret: TokenService.Secret

    static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    init(
        plan: RatePlan = .unlimited, namespace: NamespaceName? = .default, scopes: Set<TokenScope> = [.sandboxRead],
        _ configure: (inout EngineConfiguration) -> Void = { _ in }
    ) async throws {
        var configuration = EngineConfiguration(
            limits: LimitPolicy(defaults: .shippedDefaults, maxima: .shippedDefaults))
        configuration.pool.ceiling = 0
        configure(&configuration)
        engine = try await Engine(
            configuration: configuration, stores: MemoryStores(), driver: MemoryDriver(), disks: NoDisks(),
            catalog: LanguageCatalog.load(), clock: { Timestamp(milliseconds: 1_790_000_040_000) },
            logger: Self.silent, isPresent: { _ in false })
        secret = try await engine.tokens.create(
            .personalAccessToken, name: "ci", namespace: namespace, scopes: scopes, plan: plan, expiresInDays: nil)
    }

    private var configuration: APIServer.Configuration {
        APIServer.Configuration(address: .tcp(host: "127.0.0.1", port: 0), bodyLimit: 1024, version: "test")
    }

    var services: ServerServices {
        ServerServices(engine: engine, configuration, logger: Self.silent)
    }

    /// Runs `body` beside a server of these dialects, on a port of the loopback interface.
    func withServer(_ dialects: [Dialect], _ body: @escaping @Sendable (Int) async throws -> Void) async throws {
        try await withServer(dialects, stopping: { port, _ in try await body(port) })
    }

    /// As the other. `body` may tell the server to stop in order; it is told to when `body` is over.
    func withServer(
        _ dialects: [Dialect],
        stopping body: @escaping @Sendable (Int, _ stop: @Sendable () async -> Void) async throws -> Void
    ) async throws {
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        let server = APIServer(configuration, services, dialects, logger: Self.silent) { url in
            port.yield(Int(url.split(separator: ":").last ?? "") ?? 0)
        }
        let group = ServiceGroup(configuration: .init(services: [server], logger: Self.silent))
        async let running: Void = group.run()
        for await number in ports {
            try await body(number) { await group.triggerGracefulShutdown() }
            break
        }
        await group.triggerGracefulShutdown()
        try await running
    }

    /// The caller that the fixture's token names.
    var principal: Principal {
        get async throws { try await engine.tokens.authenticate(Credential(token: secret.text)) }
    }

    /// A request and its call, as they come to the first step.
    static func call(
        _ endpoint: Endpoint, _ headers: HTTPFields = [:], host: String? = "h", path: String = "/p",
        body: [UInt8] = [], parameters: [String: String] = [:], principal: Principal? = nil
    ) -> (request: Request, call: Call) {
        let head = HTTPRequest(
            method: endpoint.method == .get ? .get : .post, scheme: "http", authority: host, path: path,
            headerFields: headers)
        let request = Request(head: head, body: RequestBody(buffer: ByteBuffer(bytes: body)))
        var call = Call(
            request, endpoint, parameters: parameters, wantsEvents: false, channel: NIOAsyncTestingChannel())
        call.principal = principal
        return (request, call)
    }
}

/// An endpoint that answers 200 with `body`, or what `handle` says.
func endpoint(
    _ method: RequestMethod = .get, access: RouteAccess = .authenticated, body: BodyRule = .none,
    isRepeatable: Bool = false, tellsTimes: Bool = false,
    handle: @escaping @Sendable (Call) async throws -> Answer = { _ in .json(["ok": .bool(true)]) }
) -> Endpoint {
    Endpoint(
        method: method, path: PathTemplate("/p"), access: access, body: body, isRepeatable: isRepeatable,
        tellsTimes: tellsTimes, handle: handle)
}

extension RequestStep {
    /// The step's answer where the endpoint comes right after it.
    func answer(_ sent: (request: Request, call: Call)) async throws -> Answer {
        try await handle(sent.request, context: sent.call) { try await $1.endpoint.handle($1) }
    }

    /// What the step refuses with.
    func refusal(
        _ sent: (request: Request, call: Call), sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Refusal {
        let error = await #expect(throws: (any Error).self, sourceLocation: sourceLocation) {
            _ = try await answer(sent)
        }
        return Refusal(try #require(error))
    }
}

extension Answer {
    /// The value that the client gets.
    func header(_ name: HTTPField.Name) -> String? { response(on: NIOAsyncTestingChannel()).headers[name] }
}

extension Refusal {
    func header(_ name: HTTPField.Name) -> String? { headers.last { $0.0 == name }?.1 }
}
