// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostEngine
import OutpostStore

/// Names a request in its answer and in the log. The framework has a type called RequestID too.
typealias CallID = Identifier<RequestKind>

/// A request that may be served: its route is known, its caller is allowed, its body is here.
struct Call: Sendable {
    let route: Route
    let principal: Principal?
    let namespace: NamespaceName?
    /// Values of the path's parameters.
    let parameters: [String: String]
    /// Percent-decoded.
    let query: [(name: String, value: String)]
    var body: [UInt8] = []
    /// What makes this call the same as another one, when the caller says so.
    var idempotencyKey: IdempotencyKey?
    /// Whether the caller would rather have the answer as server-sent events.
    var wantsEvents = false
    /// Gets the steps of the run that the call asks for.
    let times = RunTimes()

    /// Whose quotas the call counts for: the namespace of its path, else that of its token.
    var owner: NamespaceName { namespace ?? principal?.namespace ?? .default }

    /// The namespace of a path that has one.
    func requireNamespace() throws(OutpostError) -> NamespaceName {
        guard let namespace else { throw OutpostError(.notFound, "there is nothing at this path") }
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
