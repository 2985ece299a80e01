// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import OutpostCommands

struct DataDirectoryTests {
    @Test func theEnvironmentWins() {
        let directory = DataDirectory(environment: ["OUTPOST_DATA_DIR": "/srv/outpost", "HOME": "/home/a"])
        #expect(directory.path == "/srv/outpost")
    }

    @Test(arguments: [[:], ["HOME": "/home/a"], ["HOME": "/root", "XDG_DATA_HOME": "/x"], ["OUTPOST_DATA_DIR": ""]])
    func everyUserLooksWhereAServerKeepsItByDefault(environment: [String: String]) {
        #expect(DataDirectory(environment: environment).adminTokenPath == "/var/lib/outpost/admin.token")
    }
}
