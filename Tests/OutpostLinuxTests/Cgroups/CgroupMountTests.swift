// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import Testing

/// The options that a version 2 hierarchy is mounted with.
struct CgroupMountTests {
    @Test func fastJoiningIsSeenWhereItIsOn() throws {
        let table = MountTables.unified
        let slow = try #require(CgroupMount(path: "/cgroup/0", mountInfo: table))
        #expect(!slow.favorsDynamicModifications)
        let faster = table.replacing("nsdelegate", with: "nsdelegate,favordynmods")
        #expect(try #require(CgroupMount(path: "/cgroup/0", mountInfo: faster)).favorsDynamicModifications)
    }

    @Test(arguments: [MountTables.legacy, "", "26 22 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2"])
    func aHostWithoutVersionTwoHasNone(table: String) {
        #expect(CgroupMount(path: "/cgroup/0", mountInfo: table) == nil)
    }
}
