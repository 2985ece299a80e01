// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The data directory of a server on this machine. It contains the administrator's token.
struct DataDirectory: Equatable {
    let path: String

    /// Finds the directory: `OUTPOST_DATA_DIR`, or else `/var/lib/outpost` for root and `outpost` in the data folder of
    /// any other user. Nil for a user without a home.
    init?(environment: [String: String], isRoot: Bool) {
        func folder(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        let userData = folder("XDG_DATA_HOME") ?? folder("HOME").map { $0 + "/.local/share" }
        let standard = isRoot ? "/var/lib/outpost" : userData.map { $0 + "/outpost" }
        guard let path = folder("OUTPOST_DATA_DIR") ?? standard else { return nil }
        self.path = path
    }

    /// The file to which the first start of a server writes the administrator's token.
    var adminTokenPath: String { path + "/admin.token" }

    /// Whether the process's user is root.
    static var isRoot: Bool { geteuid() == 0 }
}
