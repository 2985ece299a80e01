// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux

/// Runs `body` with a new folder, which goes away afterwards.
func withFolder(_ body: (String) throws -> Void) throws {
    let path = "/tmp/outpost-linux-\(UInt64.random(in: 0...(.max)))"
    try makeDirectory(path, mode: 0o700)
    let outcome = Result { try body(path) }
    try removeTree(path)
    try outcome.get()
}

/// Makes a file.
func makeFile(_ path: String, _ text: String = "") throws {
    try writeFile(path, text, flags: [.writeOnly, .create, .exclusive], mode: 0o600)
}

/// The errno of the `SystemError` that `body` throws; nil when it throws none.
func errorNumber(of body: () throws -> Void) throws -> Int32? {
    do {
        try body()
        return nil
    } catch let error as SystemError {
        return error.number
    }
}
