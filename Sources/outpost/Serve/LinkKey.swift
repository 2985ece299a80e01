// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostEngine
import OutpostLinux

/// The server's key for signed URLs, in a file that only the server's user can read.
struct LinkKey {
    /// The file with the key.
    let path: String

    /// Returns the key. Makes it and its file when the file does not exist.
    ///
    /// - Throws: `internal` when the file cannot be read or written, or does not have a key of the right size.
    func load() throws(OutpostError) -> [UInt8] {
        do throws(SystemError) {
            guard exists(path) else { return try make() }
            let key = try readFile(path, limit: 4096)
            guard key.count == EngineConfiguration.linkKeyBytes else {
                throw SystemError("read", path: path, number: SystemError.invalid)
            }
            return key
        } catch {
            throw OutpostError(.internal, "the key of signed URLs cannot be used: \(error)", cause: error)
        }
    }

    private func make() throws(SystemError) -> [UInt8] {
        let key = [UInt8](randomBytes: EngineConfiguration.linkKeyBytes)
        let draft = path + ".new"
        try removeEntry(draft)
        let file = try Descriptor.open(draft, [.writeOnly, .create, .exclusive], mode: 0o600)
        try file.writeAll(key)
        try renameFile(draft, to: path)
        return key
    }
}
