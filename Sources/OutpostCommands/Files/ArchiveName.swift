// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostTar

/// Checks the names in an archive whose other end is not trusted.
enum ArchiveName {
    /// Returns the names of a path from the folder down. Empty for the folder itself. Nil for a path that is absolute, has `..`
    /// in it, or is not UTF-8.
    static func names(_ path: [UInt8]) -> [String]? {
        guard let text = String(validating: path, as: UTF8.self), !text.isAbsolutePath else { return nil }
        let names = text.pathComponents.filter { $0.nameBytes != Array(".".utf8) }
        return names.contains { $0.nameBytes == Array("..".utf8) } ? nil : names
    }

    /// Whether the target of a symbolic link stays inside of the folder. `..` counts only at the start of the target, because
    /// another name before it can be a link.
    ///
    /// - Parameter names: the names of the link's path.
    static func staysInside(_ target: String, of names: [String]) -> Bool {
        guard !target.isAbsolutePath, !target.isEmpty else { return false }
        let steps = target.pathComponents.filter { $0.nameBytes != Array(".".utf8) }
        let ups = steps.prefix { $0.nameBytes == Array("..".utf8) }.count
        return ups < names.count && !steps.dropFirst(ups).contains { $0.nameBytes == Array("..".utf8) }
    }
}
