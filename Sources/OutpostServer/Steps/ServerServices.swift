// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import HummingbirdCore
import Logging
import OutpostEngine

/// What the steps work with.
struct ServerServices: Sendable {
    let engine: Engine
    let connections: Connections
    let requests: RequestMetrics
    /// Bytes of a body that is taken whole.
    let bodyLimit: Int
    let logger: Logger

    init(engine: Engine, _ configuration: APIServer.Configuration, logger: Logger) {
        self.engine = engine
        connections = Connections(quotas: engine.quotas, strangerLimit: configuration.strangerLimit)
        requests = RequestMetrics(configuration.metrics)
        bodyLimit = configuration.bodyLimit
        self.logger = logger
    }

    /// What every request of a dialect goes through, from the outside in.
    ///
    /// An error goes out to `ErrorAnswers`, which is inside of what every answer has. A request that a proxy on the way may
    /// have understood in another way (`Framing`) is refused before anything in it counts. Nobody's body is read before it
    /// is known who sent it, and that they may.
    @MiddlewareFixedTypeBuilder<Request, Answer, Call>
    func steps(for dialect: Dialect) -> some MiddlewareProtocol<Request, Answer, Call> {
        CommonHeaders(dialect: dialect)
        requests
        ErrorAnswers(dialect: dialect, logger: logger)
        Framing()
        Authentication(tokens: engine.tokens, dialect: dialect)
        RateLimiting(limiter: engine.rateLimiter)
        Authorization()
        ConnectionOwner(connections: connections)
        WholeBody(engine: engine, limit: bodyLimit)
        RunTiming()
        Idempotency(service: engine.idempotency, answers: ErrorAnswers(dialect: dialect, logger: logger))
    }
}

/// One step that requests go through.
protocol RequestStep: MiddlewareProtocol where Input == Request, Output == Answer, Context == Call {}
