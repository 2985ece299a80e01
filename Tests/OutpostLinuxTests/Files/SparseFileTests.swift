// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc
import OutpostLinux
import Testing

/// Disk images are mostly holes; a copy must be too, and must hold the same.
struct SparseFileTests {
    private static let size = 16 << 20

    /// A file with data at its start and in its middle, and a hole at its end.
    private func makeSparse(_ path: String) throws {
        let file = try Descriptor.open(path, [.writeOnly, .create], mode: 0o600)
        try #require(ftruncate(file.number, off_t(Self.size)) == 0)
        let data = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }
        for offset in [0, 9 << 20] {
            try #require(pwrite(file.number, data, data.count, off_t(offset)) == data.count)
        }
    }

    private func blocks(_ path: String) throws -> Int {
        var status = stat()
        try #require(stat(path, &status) == 0)
        return Int(status.st_blocks) * 512
    }

    @Test func aCopyHoldsTheSameAndKeepsTheHoles() throws {
        try withFolder { folder in
            try makeSparse("\(folder)/a")
            try SparseFile.copy("\(folder)/a", to: "\(folder)/b")
            let original = try readFile("\(folder)/a", limit: Self.size)
            #expect(original.count == Self.size)
            #expect(try readFile("\(folder)/b", limit: Self.size) == original)
            #expect(try blocks("\(folder)/b") < 2 << 20)
            #expect(try SparseFile.sizes("\(folder)/b").missing > 14 << 20)
        }
    }

    @Test(arguments: [0, 1, 4096, 5000])
    func filesThatAreNothingButAHoleAreCopied(size: Int) throws {
        try withFolder { folder in
            let file = try Descriptor.open("\(folder)/a", [.writeOnly, .create], mode: 0o600)
            try #require(ftruncate(file.number, off_t(size)) == 0)
            try SparseFile.copy("\(folder)/a", to: "\(folder)/b")
            #expect(try readFile("\(folder)/b") == [UInt8](repeating: 0, count: size))
        }
    }

    @Test func whatIsThereIsNotOverwritten() throws {
        try withFolder { folder in
            try makeFile("\(folder)/a", "new")
            try makeFile("\(folder)/b", "old")
            #expect(try errorNumber { try SparseFile.copy("\(folder)/a", to: "\(folder)/b") } == EEXIST)
            #expect(try readText("\(folder)/b") == "old")
        }
    }

    @Test func aSourceThatIsMissingLeavesNoTarget() throws {
        try withFolder { folder in
            let number = try errorNumber { try SparseFile.copy("\(folder)/a", to: "\(folder)/b") }
            #expect(number == ENOENT)
            #expect(try entries(of: folder) == [])
        }
    }

    @Test func aRenameReplacesTheTargetWhole() throws {
        try withFolder { folder in
            try makeFile("\(folder)/a", "new")
            try makeFile("\(folder)/b", "old")
            try renameFile("\(folder)/a", to: "\(folder)/b")
            #expect(try entries(of: folder) == ["b"])
            #expect(try readText("\(folder)/b") == "new")
        }
    }
}
