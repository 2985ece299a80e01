// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import HummingbirdCore
import NIOCore
import OutpostAPI
import OutpostCore
import OutpostEngine
import OutpostStore

/// Names a request in its answer and in the log. The framework has a type called RequestID too.
typealias CallID = Identifier<RequestKind>

/// A request on its way to its handler, and what the steps so far have found out about it.
struct Call: Sendable {
    let id = CallID()
    let begun = ContinuousClock.now
    let endpoint: Endpoint
    /// Values of the path's parameters.
    let parameters: [String: String]
    /// Percent-decoded.
    let query: [(name: String, value: String)]
    /// Whether the caller would rather have the answer as server-sent events.
    let wantsEvents: Bool
    /// The body as it comes, for who takes it piece by piece.
    let incoming: IncomingBody
    /// The connection that the request came over.
    let channel: any Channel
    /// Gets the steps of the run that the call asks for.
    let times = RunTimes()

    /// Who calls; nil for a call that anybody may make.
    var principal: Principal?
    /// The namespace that the path names.
    var namespace: NamespaceName?
    /// The whole body, where the endpoint wants it whole.
    var body: [UInt8] = []
    /// What makes this call the same as another one, when the caller says so.
    var idempotencyKey: IdempotencyKey?

    init(_ request: Request, _ endpoint: Endpoint, parameters: [String: String], channel: any Channel) {
        self.endpoint = endpoint
        self.parameters = parameters
        self.channel = channel
        query = request.uri.queryParameters.map { (String($0.key), String($0.value)) }
        wantsEvents = request.headers[.accept]?.contains("text/event-stream") ?? false
        incoming = IncomingBody(request, channel: channel)
    }

    /// Whose quotas the call counts for: the namespace of its path, else that of its token.
    var owner: NamespaceName { namespace ?? principal?.namespace ?? .default }

    /// The namespace of a path that has one.
    func requireNamespace() throws(OutpostError) -> NamespaceName {
        guard let namespace else { throw OutpostError(.notFound, "this path does not exist") }
        return namespace
    }

    /// The job that the path names. What is no id is answered like one that never was.
    func requireJob() throws(OutpostError) -> JobID {
        guard let id = JobID(parameters["job_id"] ?? "") else { throw OutpostError(.notFound, "no such job") }
        return id
    }

    /// The sandbox that the path names. What is no id is answered like one that never was.
    func requireSandbox() throws(OutpostError) -> SandboxID {
        guard let id = SandboxID(parameters["id"] ?? "") else { throw OutpostError(.notFound, "no such sandbox") }
        return id
    }
}
