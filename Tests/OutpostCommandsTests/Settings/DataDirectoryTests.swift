// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import OutpostCommands

struct DataDirectoryTests {
    @Test func theEnvironmentWins() {
        let environment = ["OUTPOST_DATA_DIR": "/srv/outpost", "XDG_DATA_HOME": "/x", "HOME": "/home/a"]
        #expect(DataDirectory(environment: environment, isRoot: true)?.path == "/srv/outpost")
        #expect(DataDirectory(environment: environment, isRoot: false)?.path == "/srv/outpost")
    }

    @Test func rootHasTheSystems() {
        let directory = DataDirectory(environment: ["HOME": "/root"], isRoot: true)
        #expect(directory?.adminTokenPath == "/var/lib/outpost/admin.token")
    }

    @Test func aUserHasTheirOwn() {
        let standard = DataDirectory(environment: ["HOME": "/home/a", "XDG_DATA_HOME": ""], isRoot: false)
        #expect(standard?.path == "/home/a/.local/share/outpost")
        let moved = DataDirectory(environment: ["HOME": "/home/a", "XDG_DATA_HOME": "/data"], isRoot: false)
        #expect(moved?.path == "/data/outpost")
    }

    @Test func someoneWithoutAHomeHasNone() {
        #expect(DataDirectory(environment: [:], isRoot: false) == nil)
    }
}
