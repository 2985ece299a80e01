// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
import OutpostStore

extension SandboxService {
    /// Changes the settings of a sandbox. They count from its next run on.
    ///
    /// - Throws: `not_found` when the namespace has no such sandbox; `invalid_request` and `unprocessable` for limits that the
    ///   operator does not allow, for another size of a stateful sandbox's disk, and for an action that it cannot do when idle;
    ///   the store's errors. Nothing has changed then.
    public func update(
        _ id: SandboxID, _ update: SandboxUpdate, in namespace: NamespaceName
    ) async throws(OutpostError) -> Sandbox {
        let controller = try controller(id, in: namespace)
        let policy = configuration.limits
        return try await controller.update { (sandbox) throws(OutpostError) in
            let new = try Self.apply(update, to: sandbox, policy)
            try self.checkIdleAction(new)
            return new
        } store: { [store] (sandbox) async throws(OutpostError) in
            guard try await store.commit(SandboxChange(updated: sandbox)) else { throw Self.missing(id) }
        }
    }

    private static func apply(
        _ update: SandboxUpdate, to sandbox: Sandbox, _ policy: LimitPolicy
    ) throws(OutpostError) -> Sandbox {
        var new = sandbox
        new.name = update.name.applied(to: sandbox.name)
        new.metadata = update.metadata ?? sandbox.metadata
        new.environment = update.environment ?? sandbox.environment
        new.timeToLiveSeconds = update.timeToLiveSeconds.applied(to: sandbox.timeToLiveSeconds)
        new.idleTimeoutSeconds = update.idleTimeoutSeconds.applied(to: sandbox.idleTimeoutSeconds)
        new.onIdle = update.onIdle ?? sandbox.onIdle
        // Limits that were allowed before may be above a maximum that the operator has lowered. Only a change is checked.
        if update.limits != ResourceLimitsRequest() {
            new.limits = try policy.checked(update.limits.applied(to: sandbox.limits))
        }
        guard sandbox.mode == .ephemeral || new.limits.diskMiB == sandbox.limits.diskMiB else {
            throw .parameter(
                .invalidRequest, Parameter.resourceLimits / .disk, "cannot change for a stateful sandbox")
        }
        try checkRecordSize(new)
        return new
    }
}
