// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Paths as the kernel reads them: bytes between slashes.
///
/// Swift compares text by what it means and cuts it between characters: "é" equals "é", and a slash with a mark above
/// it is no slash. To the kernel the first are two files, and the second is a slash.
extension String {
    /// Whether it begins with a slash.
    public var isAbsolutePath: Bool { utf8.first == UInt8(ascii: "/") }

    /// The names between the slashes, without empty ones.
    public var pathComponents: [String] {
        utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
    }

    /// The same path without empty names and such as mean the directory itself.
    public var plainPath: String {
        "/" + pathComponents.filter { $0.nameBytes != Array(".".utf8) }.joined(separator: "/")
    }

    /// What the kernel tells names apart by.
    public var nameBytes: [UInt8] { Array(utf8) }
}
