// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import HummingbirdCore
import NIOCore
import OutpostAPI
import OutpostCore
import OutpostEngine
import OutpostStore

/// The id of a request in its answer and in the log. The framework already has a type `RequestID`.
typealias CallID = Identifier<RequestKind>

/// A request on its way to the handler, with what the steps have found so far.
struct Call: Sendable {
    let id = CallID()
    let begun = ContinuousClock.now
    let endpoint: Endpoint
    /// The parameters of the path.
    let parameters: [String: String]
    /// The parameters of the query, percent-decoded. Those of a signed URL are removed when it was checked.
    var query: [(name: String, value: String)]
    /// Whether the caller accepts server-sent events.
    let wantsEvents: Bool
    /// The body before it is read.
    let incoming: IncomingBody
    /// The connection of the request.
    let channel: any Channel
    /// The time of each step of the run that this call starts.
    let times = RunTimes()

    /// The caller; nil for a call without a credential.
    var principal: Principal?
    /// The namespace in the path.
    var namespace: NamespaceName?
    /// The whole body. Empty when the endpoint does not take a whole body.
    var body: [UInt8] = []
    /// Counts the memory of the output that the call shows; nil for a call without a credential.
    var memory: OutputShare?
    /// Identifies repetitions of the call; nil unless the caller sent an `Idempotency-Key`.
    var idempotencyKey: IdempotencyKey?

    init(
        _ request: Request, _ endpoint: Endpoint, parameters: [String: String], wantsEvents: Bool, channel: any Channel
    ) {
        self.endpoint = endpoint
        self.parameters = parameters
        self.channel = channel
        query = request.uri.queryParameters.map { (String($0.key), String($0.value)) }
        self.wantsEvents = wantsEvents
        incoming = IncomingBody(request, channel: channel)
    }

    /// The namespace whose quotas the call uses: that of the path, or else that of the token.
    var owner: NamespaceName { namespace ?? principal?.namespace ?? .default }

    /// Returns the namespace in the path.
    ///
    /// - Throws: `not_found` when the path has none.
    func requireNamespace() throws(OutpostError) -> NamespaceName {
        guard let namespace else { throw OutpostError(.notFound, "this path does not exist") }
        return namespace
    }

    /// Returns the id of the job in the path.
    ///
    /// - Throws: `not_found` when the text is not an id, as for an unknown id.
    func requireJob() throws(OutpostError) -> JobID {
        guard let id = JobID(parameters["job_id"] ?? "") else { throw OutpostError(.notFound, "no such job") }
        return id
    }

    /// Returns the id of the run in the path.
    ///
    /// - Throws: `not_found` when the text is not an id, as for an unknown id.
    func requireExecution() throws(OutpostError) -> ExecutionID {
        guard let id = ExecutionID(parameters["exec_id"] ?? "") else {
            throw OutpostError(.notFound, "no such execution")
        }
        return id
    }

    /// Returns the id of the process in the path.
    ///
    /// - Throws: `not_found` when the text is not an id, as for an unknown id.
    func requireProcess() throws(OutpostError) -> ProcessID {
        guard let id = ProcessID(parameters["proc_id"] ?? "") else { throw OutpostError(.notFound, "no such process") }
        return id
    }

    /// Returns the file in the path, in the sandbox and the namespace of the path.
    ///
    /// - Parameter isFolder: whether it is a folder. An empty path is the working directory then.
    /// - Throws: `invalid_request` when the path of the file cannot be decoded; as `requireSandbox`.
    func requireFile(isFolder: Bool = false) throws(OutpostError) -> FileTarget {
        FileTarget(
            try FilePath.decode(parameters["path"] ?? "", isFolder: isFolder), of: try requireSandbox(),
            in: try requireNamespace())
    }

    /// Returns the id of the snapshot in the path.
    ///
    /// - Throws: `not_found` when the text is not an id, as for an unknown id.
    func requireSnapshot() throws(OutpostError) -> SnapshotID {
        guard let id = SnapshotID(parameters["snapshot_id"] ?? "") else {
            throw OutpostError(.notFound, "no such snapshot")
        }
        return id
    }

    /// Returns the id of the kernel in the path.
    ///
    /// - Throws: `not_found` when the text is not an id, as for an unknown id.
    func requireContext() throws(OutpostError) -> ContextID {
        guard let id = ContextID(parameters["ctx_id"] ?? "") else { throw OutpostError(.notFound, "no such context") }
        return id
    }

    /// Returns the id of the sandbox in the path.
    ///
    /// - Throws: `not_found` when the text is not an id, as for an unknown id.
    func requireSandbox() throws(OutpostError) -> SandboxID {
        guard let id = SandboxID(parameters["id"] ?? "") else { throw OutpostError(.notFound, "no such sandbox") }
        return id
    }
}
