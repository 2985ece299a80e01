// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Paths as the kernel reads them: names of bytes between slashes.
///
/// Swift compares and splits text by Unicode characters. Two spellings of "é" are equal, and a slash with a combining
/// mark is not a slash. To the kernel the two spellings are two files, and the slash is a slash.
extension String {
    /// Whether the path begins with a slash.
    public var isAbsolutePath: Bool { utf8.first == UInt8(ascii: "/") }

    /// The names between the slashes, without empty ones.
    public var pathComponents: [String] {
        utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
    }

    /// The same path with a slash at its start, without empty names and without `.`.
    public var plainPath: String {
        "/" + pathComponents.filter { $0.nameBytes != Array(".".utf8) }.joined(separator: "/")
    }

    /// The bytes by which the kernel compares names.
    public var nameBytes: [UInt8] { Array(utf8) }
}
