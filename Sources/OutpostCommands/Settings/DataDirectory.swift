// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The data directory of a server on this machine. It contains the administrator's token.
struct DataDirectory: Equatable {
    let path: String

    /// Finds the directory: `OUTPOST_DATA_DIR`, or else the server's default.
    init(environment: [String: String]) {
        path = environment["OUTPOST_DATA_DIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/var/lib/outpost"
    }

    /// The file to which the first start of a server writes the administrator's token.
    var adminTokenPath: String { path + "/admin.token" }
}
