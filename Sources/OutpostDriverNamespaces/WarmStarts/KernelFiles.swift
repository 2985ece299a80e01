// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpostGuest
import OutpostCore

/// The files of the kernels. `docs/kernel-protocol.md` says what they do.
enum KernelFiles {
    static let directories = ["python-kernel", "node-kernel"].map { "\(WarmStartFiles.directory)/\($0)" }

    /// The files that `scripts/build-guest` has put together.
    static var all: [SandboxFile] { files(in: Array(outpost_kernels.bytes)[...]) }

    /// Takes files apart that stand one after the other: a line with the path and the length, then the content.
    static func files(in bytes: ArraySlice<UInt8>) -> [SandboxFile] {
        var (rest, files) = (bytes, [SandboxFile]())
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let words = String(decoding: rest[..<end], as: UTF8.self).split(separator: " ")
            guard words.count == 2, let length = Int(words[1]) else { break }
            rest = rest[(end + 1)...]
            files.append(
                SandboxFile(path: "\(WarmStartFiles.directory)/\(words[0])", content: Array(rest.prefix(length))))
            rest = rest.dropFirst(length)
        }
        return files
    }
}
