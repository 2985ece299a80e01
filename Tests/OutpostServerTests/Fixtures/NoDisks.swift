// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostVolumes

/// For an engine without stateful sandboxes.
struct NoDisks: SandboxDisks {
    var roomForMore: Int? { nil }
    var isDiskFull: Bool { false }

    func checkRoom() throws(OutpostError) {}
    func checkRoom(bytes: Int) throws(OutpostError) {}
    func release(_ sandbox: SandboxID) {}
    func remove(_ sandbox: SandboxID) throws(OutpostError) {}
    func list() throws(OutpostError) -> [SandboxID] { [] }
    func adopt(_ disks: [SandboxID: NamespaceName]) {}

    func promise(_ sandbox: SandboxID, mebibytes: Int, to namespace: NamespaceName) throws(OutpostError) {
        throw OutpostError(.insufficientStorage, "there are no disks")
    }

    func standing(of namespace: NamespaceName) -> QuotaStanding { QuotaStanding(.disk, limit: nil, used: 0) }
}
