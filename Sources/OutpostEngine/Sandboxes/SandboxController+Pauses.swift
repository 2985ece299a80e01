// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
import OutpostSandboxing

extension SandboxController {
    /// Freezes everything in the sandbox, and refuses runs and holds until `resume`. A sandbox that is not up only refuses.
    ///
    /// - Throws: `conflict` when it is ephemeral, paused or has lost its files; `not_found` when it is deleted; the driver's
    ///   errors, and the sandbox is not paused then.
    func pause() async throws(OutpostError) {
        try await changes.run { () async throws(OutpostError) in try await pauseNow(.text("a caller asked for it")) }
    }

    /// Pauses the sandbox if its record asks for that and nobody has used it for so long.
    ///
    /// - Throws: as `pause`. The sandbox is not paused then, and the next call tries again.
    func pauseIfIdle(at moment: Timestamp) async throws(OutpostError) {
        guard isDueToPause(at: moment) else { return }
        try await changes.run { () async throws(OutpostError) in
            // It may have been used meanwhile.
            guard isDueToPause(at: moment) else { return }
            try await pauseNow(.text("nobody used it for `idle_timeout_secs`"))
        }
    }

    private func pauseNow(_ reason: SandboxEventLog.Reason) async throws(OutpostError) {
        try checkCanPause()
        isPaused = true
        unloading?.cancel()
        if let starting { _ = await starting.value }
        do throws(OutpostError) {
            if let instance = lifecycle.instance, await instance.isAlive, !isFrozen { try await instance.pause() }
            isFrozen = false
        } catch {
            isPaused = false
            if isQuiet { scheduleUnload() }
            throw error
        }
        events.add(.paused, reason)
    }

    private func checkCanPause() throws(OutpostError) {
        if let refusal { throw refusal }
        try record.checkStateful()
        guard record.status != .failed else { throw SandboxService.lostFiles(record.id) }
        try checkNotPaused()
    }

    /// Ends a pause.
    ///
    /// - Parameter isOptional: whether a sandbox that is not paused is no error.
    /// - Throws: `conflict` when the sandbox is not paused; `not_found` when it is deleted; the driver's errors.
    func resume(isOptional: Bool) async throws(OutpostError) {
        try await changes.run { () async throws(OutpostError) in
            if let refusal { throw refusal }
            guard isPaused else {
                if isOptional { return }
                throw OutpostError(.conflict, "sandbox \(record.id) is \(sandbox.status.rawValue), not paused")
            }
            try await thaw()
            // Otherwise an idle sandbox would be paused again at once.
            reach()
            events.add(.resumed, .text("a caller asked for it"))
        }
    }

    private func thaw() async throws(OutpostError) {
        // An instance that has died or was unloaded has nothing to thaw.
        if let instance = lifecycle.instance, await instance.isAlive { try await instance.resume() }
        isPaused = false
        isFrozen = false
        if isQuiet { scheduleUnload() }
    }

    /// Ends a pause of a sandbox in which nothing may run any more.
    func endPause() async {
        do throws(OutpostError) {
            try await changes.run { () async throws(OutpostError) in if isPaused || isFrozen { try await thaw() } }
        } catch {
            // The driver has given the instance up, so its runs have ended.
            isPaused = false
            isFrozen = false
        }
    }

    /// - Throws: `conflict` when the sandbox is paused.
    func checkNotPaused() throws(OutpostError) {
        guard isPaused, !isDeleted else { return }
        throw SandboxService.paused(record.id)
    }
}

extension SandboxService {
    /// Freezes everything in a stateful sandbox.
    ///
    /// Nothing in it gets the processor, and the time of its runs does not count. Its memory stays in use. Its expiry goes
    /// on. Runs and other calls in it are refused until it is resumed. The pause ends with the server.
    ///
    /// - Throws: `not_found` when the namespace has no such sandbox; `conflict` when it is ephemeral, paused already or has
    ///   lost its files.
    public func pause(_ id: SandboxID, in namespace: NamespaceName) async throws(OutpostError) -> Sandbox {
        guard driver.capabilities.features.contains(.pauses) else {
            throw OutpostError(
                .unprocessable, "a sandbox with the isolation \(driver.capabilities.isolation) cannot be paused")
        }
        let controller = try controller(id, in: namespace)
        try await controller.pause()
        return await controller.sandbox
    }

    /// Ends the pause of a sandbox.
    ///
    /// - Parameter isOptional: whether a sandbox that is not paused is no error.
    /// - Throws: `not_found` when the namespace has no such sandbox; `conflict` when it is not paused.
    @discardableResult
    public func resume(
        _ id: SandboxID, in namespace: NamespaceName, isOptional: Bool = false
    ) async throws(OutpostError) -> Sandbox {
        let controller = try controller(id, in: namespace)
        try await controller.resume(isOptional: isOptional)
        return await controller.sandbox
    }

    static func paused(_ id: SandboxID) -> OutpostError {
        OutpostError(.conflict, "sandbox \(id) is paused")
    }
}
