// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostVolumes

/// For an engine without stateful sandboxes.
struct NoDisks: SandboxDisks, SealedDisks {
    var roomForMore: Int? { nil }
    var isDiskFull: Bool { false }

    func checkRoom() throws(OutpostError) {}
    func checkRoom(bytes: Int) throws(OutpostError) {}
    func release(_ sandbox: SandboxID, isUnmounted: Bool) {}
    func remove(_ sandbox: SandboxID) throws(OutpostError) {}
    func list() throws(OutpostError) -> [SandboxID] { [] }
    func adopt(_ disks: [SandboxID: NamespaceName]) {}
    func usage(of sandbox: SandboxID) -> DiskUsage? { nil }
    func hold(_ disks: [SealedDiskID], for namespace: NamespaceName?) throws(OutpostError) {}
    func release(_ disks: [SealedDiskID]) {}
    func removeSealed(_ disk: SealedDiskID) throws(OutpostError) {}
    func sealedBytes(_ disks: [SealedDiskID]) -> Int { 0 }
    func listSealed() -> [SealedDiskID: NamespaceName] { [:] }

    func seal(_ sandbox: SandboxID, as id: SealedDiskID, of namespace: NamespaceName) throws(OutpostError) {
        throw OutpostError(.notFound, "there are no disks")
    }

    func sealCopy(of sandbox: SandboxID, as id: SealedDiskID, of namespace: NamespaceName) throws(OutpostError) {
        throw OutpostError(.notFound, "there are no disks")
    }

    func promise(_ sandbox: SandboxID, mebibytes: Int, to namespace: NamespaceName) throws(OutpostError) {
        throw OutpostError(.insufficientStorage, "there are no disks")
    }

    func standing(of namespace: NamespaceName) -> QuotaStanding { QuotaStanding(.disk, limit: nil, used: 0) }
}
