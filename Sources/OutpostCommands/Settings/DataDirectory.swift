// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Where a server on this machine keeps its data, the administrator's token among them.
struct DataDirectory: Equatable {
    let path: String

    /// As `outpost serve` finds it; nil for someone without a home.
    init?(environment: [String: String], isRoot: Bool) {
        func folder(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        let userData = folder("XDG_DATA_HOME") ?? folder("HOME").map { $0 + "/.local/share" }
        let standard = isRoot ? "/var/lib/outpost" : userData.map { $0 + "/outpost" }
        guard let path = folder("OUTPOST_DATA_DIR") ?? standard else { return nil }
        self.path = path
    }

    /// Where the first start of a server writes the administrator's token.
    var adminTokenPath: String { path + "/admin.token" }

    /// Whether the process's user is root.
    static var isRoot: Bool { geteuid() == 0 }
}
