// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import HummingbirdCore
import Logging
import OutpostEngine

/// The services that the steps use.
struct ServerServices: Sendable {
    let engine: Engine
    let connections: Connections
    let requests: RequestMetrics
    /// The most bytes of a body that is read whole.
    let bodyLimit: Int
    let logger: Logger

    init(engine: Engine, _ configuration: APIServer.Configuration, logger: Logger) {
        self.engine = engine
        connections = Connections(quotas: engine.quotas, strangerLimit: configuration.strangerLimit)
        requests = RequestMetrics(configuration.metrics)
        bodyLimit = configuration.bodyLimit
        self.logger = logger
    }

    /// Returns the steps of every request of a dialect, from the outside to the inside.
    ///
    /// The order matters. `ErrorAnswers` is inside of the steps that see every answer. `Framing` refuses an ambiguous
    /// request before any other step uses it. `WholeBody` reads a body after the checks of the caller.
    @MiddlewareFixedTypeBuilder<Request, Answer, Call>
    func steps(for dialect: Dialect) -> some MiddlewareProtocol<Request, Answer, Call> {
        CommonHeaders(dialect: dialect)
        requests
        ErrorAnswers(dialect: dialect, logger: logger)
        Framing()
        Authentication(tokens: engine.tokens, dialect: dialect, links: engine.fileLinks)
        RateLimiting(limiter: engine.rateLimiter)
        Authorization()
        ConnectionOwner(connections: connections)
        AnswerMemory(engine: engine)
        WholeBody(engine: engine, limit: bodyLimit)
        RunTiming()
        Idempotency(service: engine.idempotency, answers: ErrorAnswers(dialect: dialect, logger: logger))
    }
}

/// One step of the way of each request.
protocol RequestStep: MiddlewareProtocol where Input == Request, Output == Answer, Context == Call {}
