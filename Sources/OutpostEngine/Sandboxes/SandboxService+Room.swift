// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostVolumes

extension SandboxService {
    /// Gives back something that can be had again, when it is what `code` says is missing; true when there was something.
    ///
    /// One idle sandbox at a time, the one that was used least recently. One of the namespace that asks goes first; one of
    /// another only while that holds more than an equal part, so that nobody's warm state pays for what somebody else does.
    func makeRoom(for code: ErrorCode, in namespace: NamespaceName) async -> Bool {
        // A quota of the namespace's own is no reason to take from others.
        if code == .rateLimited { return await unloadLeastRecentlyUsed { $0 == namespace } }
        let isUnloadingSafe = code == .insufficientStorage ? await !disks.isDiskFull : true
        if isUnloadingSafe {
            if await unloadLeastRecentlyUsed(where: { $0 == namespace }) { return true }
            if await unloadLeastRecentlyUsed(where: { quotas.isAboveEqualPart(.liveSandboxes, $0) }) { return true }
        }
        guard code == .insufficientStorage, let compilations else { return false }
        if await compilations.clear(in: namespace) { return true }
        // Others' only when nobody uses them, unless the host itself cannot write any more.
        return await compilations.clear(
            unusedSince: disks.isDiskFull ? .distantFuture : clock().advanced(bySeconds: -Self.keptUnusedSeconds))
    }

    /// After a day without use a compiled program makes room for a disk of another namespace's.
    private static let keptUnusedSeconds: Int64 = 86_400

    /// Bytes of the host's disk that are free for something new; nil when nobody knows.
    public nonisolated var freeDiskBytes: Int? { get async { await disks.roomForMore } }

    /// True when one was unloaded.
    private func unloadLeastRecentlyUsed(where isCandidate: (NamespaceName) -> Bool) async -> Bool {
        var idle: [(since: Timestamp, controller: SandboxController)] = []
        for entry in controllers.values where isCandidate(entry.namespace) {
            if let since = await entry.controller.idleSince { idle.append((since, entry.controller)) }
        }
        // One may have been used, or unloaded by somebody else, since it was looked at.
        for (_, controller) in idle.sorted(by: { $0.since < $1.since }) where await controller.unloadIfIdle() {
            return true
        }
        return false
    }
}
