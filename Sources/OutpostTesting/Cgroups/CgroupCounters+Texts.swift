// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostLinux

extension CgroupCounters {
    /// Makes counters of files without a name that have these texts. Nil for another number of files.
    ///
    /// - Throws: `SystemError` when a file cannot be made.
    public init?(texts: [String]) throws(SystemError) {
        var files: [Descriptor] = []
        for text in texts {
            let file = try Descriptor.open("/tmp", .unnamed, mode: 0o600)
            try file.writeAll(Array(text.utf8))
            files.append(file)
        }
        self.init(files)
    }
}

extension OpenFlags {
    /// O_RDWR and O_TMPFILE, which Swift's Glibc module lacks.
    fileprivate static let unnamed = OpenFlags(rawValue: 0o20_200_002)
}
