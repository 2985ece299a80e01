// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
import OutpostSandboxing

extension SandboxService {
    /// Starts a stateful sandbox if it is not running, and keeps it up until the hold is released.
    ///
    /// - Throws: `not_found` when the namespace has no such sandbox; `conflict` for an ephemeral sandbox and for one that
    ///   has lost its files; `forbidden` when the operator has raised the minimum isolation; the errors of a start.
    func hold(
        _ id: SandboxID, in namespace: NamespaceName, for kind: SandboxHold.Kind
    ) async throws(OutpostError) -> SandboxHold {
        let controller = try controller(id, in: namespace)
        let sandbox = await controller.sandbox
        try checkUsable(sandbox)
        return try await room(in: namespace).find { () async throws(OutpostError) in
            try await controller.hold(SandboxSpec(sandbox), for: kind)
        }
    }

    /// Checks that a sandbox has files between its runs. Nothing is started.
    ///
    /// - Throws: as `hold`, without the errors of a start.
    public func checkFiles(of id: SandboxID, in namespace: NamespaceName) async throws(OutpostError) {
        try checkUsable(try await sandbox(id, in: namespace))
    }

    /// Checks that a sandbox can be up between its runs.
    ///
    /// - Throws: as `hold`.
    private nonisolated func checkUsable(_ sandbox: Sandbox) throws(OutpostError) {
        try sandbox.checkStateful()
        guard sandbox.status != .failed else { throw Self.lostFiles(sandbox.id) }
        _ = try isolation(sandbox.security.isolation, in: sandbox.namespace)
    }

    /// - Throws: `not_found` when the namespace has no such sandbox; `conflict` for an ephemeral sandbox.
    func checkStateful(_ id: SandboxID, in namespace: NamespaceName) async throws(OutpostError) {
        try await (try controller(id, in: namespace)).sandbox.checkStateful()
    }

    static func lostFiles(_ id: SandboxID) -> OutpostError {
        OutpostError(.conflict, "sandbox \(id) has lost its files and can only be deleted")
    }
}

extension SandboxSpec {
    /// Describes a stateful sandbox whose limits are those of its record.
    init(_ sandbox: Sandbox) {
        self.init(
            storage: .disk(sandbox.id, mebibytes: sandbox.limits.diskMiB), namespace: sandbox.namespace,
            memoryMiB: Self.memoryStep(sandbox.limits.memoryMiB), user: sandbox.security.user,
            workingDirectory: sandbox.workingDirectory, isRootReadOnly: sandbox.security.rules == .strict,
            isolation: sandbox.security.isolation)
    }
}

extension Sandbox {
    /// - Throws: `conflict` for an ephemeral sandbox.
    func checkStateful() throws(OutpostError) {
        guard mode == .stateful else {
            throw OutpostError(.conflict, "sandbox \(id) is ephemeral: nothing of it lives between its runs")
        }
    }
}
