// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Logging
import OutpostCore
import OutpostSandboxing

/// Freezing saves memory in sandboxes that cannot be unloaded because of their processes. Clients see no pause: the next call
/// that reaches a process thaws the sandbox.
extension SandboxController {
    /// Since when nobody has used a sandbox that is up because of its processes. Nil when it is used, frozen or paused, or has
    /// none.
    var freezableSince: Timestamp? {
        guard record.mode == .stateful, isUnused, !isQuiet, !isPaused, !isFrozen, lifecycle.instance != nil else {
            return nil
        }
        return lastReachedAt
    }

    /// Freezes the sandbox if nobody has used it since `moment`, and lets the kernel take back the memory that it can write
    /// elsewhere.
    ///
    /// - Returns: whether it is frozen now and was not before.
    /// - Throws: the driver's errors. The sandbox is not frozen then.
    func freezeIfUnused(since moment: Timestamp) async throws(OutpostError) -> Bool {
        try await changes.run { () async throws(OutpostError) -> Bool in
            // It may have been used meanwhile.
            guard let since = freezableSince, since <= moment, let instance = lifecycle.instance,
                await instance.isAlive, freezableSince == since
            else { return false }
            isFrozen = true
            do throws(OutpostError) {
                try await instance.pause()
            } catch {
                isFrozen = false
                throw error
            }
            await instance.reclaimMemory()
            events.add(.paused, .text("the host's memory was short; the next call resumes it"))
            return true
        }
    }

    /// Makes the processes of the sandbox run for a call that is about to reach them.
    ///
    /// - Throws: `conflict` when the sandbox is paused; the driver's errors.
    func awaken() async throws(OutpostError) {
        try checkNotPaused()
        reach()
        try await unfreeze(.text("a call needed it"))
    }

    /// Ends the freeze of a sandbox that is frozen.
    func unfreeze(_ reason: SandboxEventLog.Reason) async throws(OutpostError) {
        guard isFrozen else { return }
        try await changes.run { () async throws(OutpostError) in
            try checkNotPaused()
            guard isFrozen else { return }
            // An instance that has died has nothing to thaw.
            if let instance = lifecycle.instance, await instance.isAlive { try await instance.resume() }
            isFrozen = false
            events.add(.resumed, reason)
        }
    }
}

extension SandboxService {
    /// Saves memory when the host has little: freezes sandboxes with processes that nobody has used for `unloadAfterSeconds`, at
    /// most `mostFrozenAtOnce` in each call. The namespace with the most of them loses one first. Sandboxes without processes are
    /// unloaded after this time in any case. When there is enough memory again, the frozen sandboxes go on.
    func saveMemory() async {
        guard driver.capabilities.features.contains(.pauses), let available = configuration.availableMemoryPercent()
        else { return }
        if available < configuration.lowMemoryPercent { return await freezeUnused() }
        guard available >= configuration.lowMemoryPercent + Self.slack else { return }
        // One that cannot be thawed has ended.
        for entry in controllers.values { try? await entry.controller.unfreeze(.text("the host has memory again")) }
    }

    private func freezeUnused() async {
        let moment = clock().advanced(bySeconds: -Int64(max(Self.leastUnusedSeconds, configuration.unloadAfterSeconds)))
        var unused: [NamespaceName: [(since: Timestamp, controller: SandboxController)]] = [:]
        for entry in controllers.values {
            guard let since = await entry.controller.freezableSince, since <= moment else { continue }
            unused[entry.namespace, default: []].append((since, entry.controller))
        }
        for name in unused.keys { unused[name]?.sort { $0.since > $1.since } }
        var frozen = 0
        while frozen < Self.mostFrozenAtOnce, let most = unused.max(by: { $0.value.count < $1.value.count })?.key,
            let oldest = unused[most]?.popLast()
        {
            do throws(OutpostError) {
                if try await oldest.controller.freezeIfUnused(since: moment) { frozen += 1 }
            } catch {
                logger.warning("a sandbox cannot be frozen", metadata: ["error": "\(error)"])
            }
        }
        guard frozen > 0 else { return }
        logger.notice("memory is short; unused sandboxes were frozen", metadata: ["sandboxes": "\(frozen)"])
    }

    /// Each freeze is a request to the spawner, and requests of others wait for it.
    private static let mostFrozenAtOnce = 8
    /// Percent of the memory above the limit at which frozen sandboxes go on. Without it they would be frozen again at once.
    private static let slack = 5
    /// A process or a kernel that is being started is not frozen.
    private static let leastUnusedSeconds = 10
}
