// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing

extension DriverConformance {
    static let files = [
        DriverConformance("a file is written and read back, also by programs", needs: .files) { driver in
            try await driver.withFiles { sandbox, files in
                for size in [0, 1, 65_536, 300_000, 3_000_000] where size <= driver.largest {
                    let path = "/workspace/files/\(size)"
                    let content = ConformanceProgram.pattern(size)
                    let written = try await files.put(path, content, FileWriteOptions(mode: 0o640, makesParents: true))
                    try expect(written.kind == .file && written.size == UInt64(size), "\(written)")
                    try expect(written.mode == 0o640, "mode \(String(written.mode, radix: 8))")
                    try expect(try await files.get(path) == content, "\(size) bytes came back as others")
                    let shown = try await sandbox.run(driver.program(.show(path: path)))
                    try expect(shown.stdout.bytes == content, "a program reads \(shown.stdout.total) bytes")
                }
                let made = SandboxFile(path: "/workspace/made", content: [3, 1, 2])
                _ = try await sandbox.run(driver.program(.exit(0)) { $0.files = [made] })
                try expect(try await files.get(made.path) == made.content, "the file of the program's start")
            }
        },
        DriverConformance("a part of a file", needs: .files) { driver in
            try await driver.withFiles { _, files in
                _ = try await files.put("/workspace/a", ConformanceProgram.pattern(1000))
                for (offset, count) in [(0, 10), (990, 100), (1000, 5), (5000, 5), (10, 0), (1, 998)] {
                    let content = try await files.get("/workspace/a", from: UInt64(offset), count: UInt64(count))
                    let expected = Array(ConformanceProgram.pattern(1000).dropFirst(offset).prefix(count))
                    try expect(content == expected, "\(offset), \(count): \(content.count) bytes")
                }
            }
        },
        DriverConformance("a file keeps its mode, and a new file must not exist", needs: .files) { driver in
            try await driver.withFiles { _, files in
                _ = try await files.put("/workspace/a", [1], FileWriteOptions(mode: 0o755))
                let kept = try await files.put("/workspace/a", [2])
                try expect(kept.mode == 0o755, "mode \(String(kept.mode, radix: 8))")
                try await Self.expectRefusal(.conflict) {
                    try await files.put("/workspace/a", [3], FileWriteOptions(isNew: true))
                }
                try expect(try await files.get("/workspace/a") == [2], "it was overwritten")
                let other = try await files.put("/workspace/b", [4], FileWriteOptions(isNew: true))
                try expect(other.mode == 0o644, "mode \(String(other.mode, radix: 8))")
            }
        },
        DriverConformance("a file gets the time that its writer names", needs: .files) { driver in
            try await driver.withFiles { _, files in
                for time in [1_000_000_000_123_456_789, 0, -1_500_000_000] as [Int64] {
                    let written = try await files.put("/workspace/a", [1], FileWriteOptions(modified: time))
                    try expect(written.modified == time, "\(written.modified)")
                    let kept = try await files.information(at: "/workspace/a", followsLink: false)
                    try expect(kept.modified == time, "\(kept.modified)")
                }
            }
        },
        DriverConformance("links are made where nothing is", needs: .files) { driver in
            try await driver.withFiles { _, files in
                _ = try await files.put("/workspace/a", [1, 2])
                try await files.makeLink("/workspace/soft", to: "../no/such", isHard: false)
                try await files.makeLink("/workspace/hard", to: "/workspace/a", isHard: true)
                let soft = try await files.information(at: "/workspace/soft", followsLink: false)
                try expect(soft.kind == .symlink, "\(soft)")
                try expect(try await files.get("/workspace/hard") == [1, 2], "the other name")
                for isHard in [false, true] {
                    try await Self.expectRefusal(.conflict) {
                        try await files.makeLink("/workspace/a", to: "/workspace/hard", isHard: isHard)
                    }
                }
                try await Self.expectRefusal(.notFound) {
                    try await files.makeLink("/workspace/b", to: "/workspace/none", isHard: true)
                }
                let listed = try await files.list("/workspace", depth: 1)
                var targets: [String?] = []
                while let part = try await listed.next() { targets += part.map(\.target) }
                try expect(targets.compactMap(\.self) == ["../no/such"], "\(targets)")
            }
        },
        DriverConformance("an unfinished file is not visible", needs: .files) { driver in
            try await driver.withFiles { _, files in
                _ = try await files.put("/workspace/a", [1])
                var writer: (any FileWriter)? = try await files.write("/workspace/a", options: FileWriteOptions())
                try await writer?.write(ConformanceProgram.pattern(100_000))
                try expect(try await files.get("/workspace/a") == [1], "half a file is visible")
                let changes = try await files.watch("/workspace", isRecursive: false)
                writer?.cancel()
                writer = nil
                while try await files.names("/workspace") != ["a"] { _ = try await changes.next() }
                try expect(try await files.get("/workspace/a") == [1], "half a file is left")
            }
        },
        DriverConformance("folders are made, listed, moved and removed", needs: .files) { driver in
            try await driver.withFiles { _, files in
                try await files.makeDirectory("/workspace/a/b/c", mode: 0o750, makesParents: true)
                _ = try await files.put("/workspace/a/one", [1, 2, 3])
                _ = try await files.put("/workspace/a/b/c/two", [])
                try expect(try await files.names("/workspace") == ["a"], "depth 1")
                try expect(
                    try await files.names("/workspace", depth: 4) == ["a", "a/b", "a/b/c", "a/b/c/two", "a/one"],
                    "depth 4")
                let folder = try await files.information(at: "/workspace/a/b/c/", followsLink: true)
                try expect(folder.kind == .directory && folder.mode == 0o750, "\(folder)")
                try await files.move("/workspace/a/b", to: "/workspace/moved")
                try expect(
                    try await files.names("/workspace", depth: 2) == ["a", "a/one", "moved", "moved/c"], "moved")
                try await Self.expectRefusal(.conflict) {
                    try await files.remove("/workspace/moved", isRecursive: false)
                }
                try await files.remove("/workspace/moved", isRecursive: true)
                try await files.remove("/workspace/a/one", isRecursive: false)
                try await files.remove("/workspace/a", isRecursive: false)
                try expect(try await files.names("/workspace").isEmpty, "something is left")
            }
        },
        DriverConformance("a missing file, or one of another kind, is refused", needs: .files) { driver in
            try await driver.withFiles { _, files in
                try await files.makeDirectory("/workspace/folder", mode: 0o755, makesParents: false)
                try await Self.expectRefusal(.notFound) { try await files.get("/workspace/missing") }
                try await Self.expectRefusal(.notFound) {
                    try await files.information(at: "/workspace/x/y", followsLink: true)
                }
                try await Self.expectRefusal(.notFound) { try await files.put("/workspace/x/y", [1]) }
                try await Self.expectRefusal(.notFound) {
                    try await files.remove("/workspace/missing", isRecursive: true)
                }
                try await Self.expectRefusal(.notFound) {
                    try await files.move("/workspace/missing", to: "/workspace/b")
                }
                try await Self.expectRefusal(.notFound) { try await files.names("/workspace/missing") }
                try await Self.expectRefusal(.notFound) {
                    try await files.watch("/workspace/missing", isRecursive: true)
                }
                try await Self.expectRefusal(.conflict) { try await files.get("/workspace/folder") }
                try await Self.expectRefusal(.conflict) { try await files.put("/workspace/folder", [1]) }
                try await Self.expectRefusal(.conflict) {
                    try await files.makeDirectory("/workspace/folder", mode: 0o755, makesParents: false)
                }
                for path in ["", "relative", "/with\0zero"] {
                    try await Self.expectRefusal(.invalidRequest) { try await files.get(path) }
                }
            }
        },
        DriverConformance("a slow reader of a file does not delay other calls", needs: .files) { driver in
            try await driver.withFiles { _, files in
                let size = min(2_000_000, driver.largest)
                _ = try await files.put("/workspace/large", ConformanceProgram.pattern(size))
                let slow = try await files.read("/workspace/large", from: 0, count: .max)
                var got = try await slow.bytes.next() ?? []
                for n in 0..<20 { _ = try await files.put("/workspace/\(n)", [UInt8(n)]) }
                while let part = try await slow.bytes.next() { got += part }
                try expect(got == ConformanceProgram.pattern(size), "\(got.count) bytes")
            }
        },
        DriverConformance("many files at once", needs: .files) { driver in
            try await driver.withFiles { _, files in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for n in 0..<24 {
                        group.addTask {
                            let content = ConformanceProgram.pattern(min(n * 9000, driver.largest))
                            _ = try await files.put("/workspace/\(n)", content)
                            try expect(try await files.get("/workspace/\(n)") == content, "file \(n)")
                        }
                    }
                    try await group.waitForAll()
                }
                try expect(try await files.names("/workspace").count == 24, "not all are there")
            }
        },
        DriverConformance("changes in a folder are reported", needs: .files) { driver in
            try await driver.withFiles { _, files in
                try await files.makeDirectory("/workspace/a", mode: 0o755, makesParents: false)
                let changes = try await files.watch("/workspace", isRecursive: true)
                _ = try await files.put("/workspace/a/one", [1])
                try await changes.wait(for: { $0.isArrival(of: "a/one") })
                try await files.move("/workspace/a/one", to: "/workspace/two")
                try await changes.wait(for: { $0 == .moved(from: "a/one", to: "two") })
                try await files.remove("/workspace/two", isRecursive: false)
                try await changes.wait(for: { $0 == .deleted("two") })
                try await files.makeDirectory("/workspace/b/c", mode: 0o755, makesParents: true)
                _ = try await files.put("/workspace/b/c/three", [1])
                try await changes.wait(for: { $0.isArrival(of: "b/c/three") })
                changes.close()
            }
        },
        DriverConformance("files of a destroyed sandbox", needs: .files) { driver in
            try await driver.withFiles { sandbox, files in
                _ = try await files.put("/workspace/a", ConformanceProgram.pattern(min(500_000, driver.largest)))
                let content = try await files.read("/workspace/a", from: 0, count: .max)
                await sandbox.destroy()
                try await Self.expectRefusal(.unavailable) {
                    while try await content.bytes.next() != nil {}
                    return try await files.get("/workspace/a")
                }
                try await Self.expectRefusal(.unavailable) { try await files.put("/workspace/b", [1]) }
            }
        },
    ]

    private static func expectRefusal(_ code: ErrorCode, _ body: () async throws -> some Any) async throws {
        do {
            let found = try await body()
            throw ConformanceFailure("no failure but \(found)")
        } catch let error as OutpostError {
            try OutpostTesting.expect(
                error.code == code, "\(error.code.rawValue) for \(code.rawValue): \(error.message)")
        }
    }
}

extension DriverUnderTest {
    fileprivate func withFiles(_ body: (any RunningSandbox, any SandboxFiles) async throws -> Void) async throws {
        try await withSandbox { try await body($0, try await $0.files) }
    }
}

extension SandboxFiles {
    @discardableResult
    func put(
        _ path: String, _ content: [UInt8], _ options: FileWriteOptions = FileWriteOptions()
    ) async throws -> FileInformation {
        let writer = try await write(path, options: options)
        try await writer.write(content)
        return try await writer.finish()
    }

    func get(_ path: String, from offset: UInt64 = 0, count: UInt64 = .max) async throws -> [UInt8] {
        let content = try await read(path, from: offset, count: count)
        var bytes: [UInt8] = []
        while let part = try await content.bytes.next() { bytes += part }
        return bytes
    }

    /// Returns the names in a folder, sorted.
    func names(_ path: String, depth: Int = 1) async throws -> [String] {
        let entries = try await list(path, depth: depth)
        var names: [String] = []
        while let part = try await entries.next() { names += part.map(\.path) }
        return names.sorted()
    }
}

extension PulledStream<[DirectoryChange]> {
    /// Reads changes until one of them matches.
    fileprivate func wait(for isWanted: (DirectoryChange) -> Bool) async throws {
        while let changes = try await next() {
            if changes.contains(where: isWanted) { return }
        }
        throw ConformanceFailure("the changes ended")
    }
}

extension DirectoryChange {
    /// Whether a new file is at the path, created or moved.
    fileprivate func isArrival(of path: String) -> Bool {
        switch self {
        case .created(path), .moved(_, path): true
        default: false
        }
    }
}
