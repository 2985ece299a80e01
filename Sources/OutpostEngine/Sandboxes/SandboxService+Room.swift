// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostVolumes

extension SandboxService {
    /// Returns what finds room for the sandboxes of a namespace.
    nonisolated func room(in namespace: NamespaceName) -> RoomForSandboxes {
        RoomForSandboxes { await self.makeRoom(for: $0, in: namespace) }
    }

    /// Frees a resource that `code` says is missing. Returns whether it freed something.
    ///
    /// It unloads one idle sandbox, the least recently used one. First it chooses from the namespace that asks. It
    /// chooses from another namespace only if that one holds more than an equal share. With a full disk it also removes
    /// cached programs.
    func makeRoom(for code: ErrorCode, in namespace: NamespaceName) async -> Bool {
        // The namespace has used up its own quota. Other namespaces cannot help.
        if code == .rateLimited { return await unloadLeastRecentlyUsed { $0 == namespace } }
        let isUnloadingSafe = code == .insufficientStorage ? await !disks.isDiskFull : true
        if isUnloadingSafe {
            if await unloadLeastRecentlyUsed(where: { $0 == namespace }) { return true }
            if await unloadLeastRecentlyUsed(where: { quotas.isAboveEqualPart(.liveSandboxes, $0) }) { return true }
        }
        guard code == .insufficientStorage, let compilations else { return false }
        if await compilations.clear(in: namespace) { return true }
        // Cached programs of other namespaces are removed only if nobody has used them for a day. If the host's disk is
        // full, all are removed.
        return await compilations.clear(
            unusedSince: disks.isDiskFull ? .distantFuture : clock().advanced(bySeconds: -Self.keptUnusedSeconds))
    }

    /// Seconds without use after which a cached program is removed for another namespace's disk.
    private static let keptUnusedSeconds: Int64 = 86_400

    /// The free bytes of the host's disk for new data. Nil when unknown.
    public nonisolated var freeDiskBytes: Int? { get async { await disks.roomForMore } }

    /// Unloads the least recently used idle sandbox. Returns whether there was one.
    private func unloadLeastRecentlyUsed(where isCandidate: (NamespaceName) -> Bool) async -> Bool {
        var idle: [(since: Timestamp, controller: SandboxController)] = []
        for entry in controllers.values where isCandidate(entry.namespace) {
            if let since = await entry.controller.idleSince { idle.append((since, entry.controller)) }
        }
        // A sandbox may be in use again, or already unloaded, since the first loop.
        for (_, controller) in idle.sorted(by: { $0.since < $1.since }) where await controller.unloadIfIdle() {
            return true
        }
        return false
    }
}
