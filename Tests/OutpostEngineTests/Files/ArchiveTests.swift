// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing
import OutpostTar
import OutpostTesting
import Testing

@testable import OutpostEngine

struct ArchiveTests {
    @Test func aFolderComesBackAsItWas() async throws {
        let fixture = try await FilesFixture()
        try await fixture.put("old/a", ConformancePattern.bytes(200_000), mode: 0o755)
        try await fixture.put("old/b/c/d", [])
        try await fixture.put("old/b/e", [1, 2, 3])
        let session = try await fixture.files.session(fixture.target("old/b/link"))
        try await session.files.makeLink(session.path, to: "../a", isHard: false)
        session.release()
        let stream = try await fixture.files.archive(fixture.target("old"))
        var archive: [UInt8] = []
        while let part = try await stream.next() { archive += part }
        stream.close()
        #expect(archive.count.isMultiple(of: 512))
        let summary = try await fixture.unpack(archive)
        #expect(summary.entries == 6 && summary.bytes == 200_003)
        #expect(try await fixture.names("new") == fixture.names("old"))
        #expect(try await fixture.get("new/a") == ConformancePattern.bytes(200_000))
        #expect(try await fixture.files.information(fixture.target("new/a")).mode == 0o755)
        #expect(try await fixture.get("new/b/e") == [1, 2, 3])
        try await fixture.waitUntilQuiet()
    }

    /// An archive that is refused, and a word of the reason.
    struct Hostile: CustomTestStringConvertible, Sendable {
        let entries: [TarEntry]
        let word: String
        var testDescription: String { word }

        init(_ word: String, _ entries: TarEntry...) {
            self.word = word
            self.entries = entries
        }
    }

    @Test(arguments: [
        Hostile("absolute", TarEntry("/etc/passwd")),
        Hostile("\"..\"", TarEntry("../out")),
        Hostile("\"..\"", TarEntry("a/../../out")),
        Hostile("is absolute", TarEntry("link", .symbolicLink(target: Array("/etc".utf8)))),
        Hostile("outside", TarEntry("link", .symbolicLink(target: Array("../out".utf8)))),
        Hostile("outside", TarEntry("a/link", .symbolicLink(target: Array("x/../../../out".utf8)))),
        Hostile("outside", TarEntry("a/link", .symbolicLink(target: Array("x/..".utf8)))),
        Hostile(
            "not a folder", TarEntry("link", .symbolicLink(target: Array("a".utf8))), TarEntry("link/file")),
        Hostile("absolute", TarEntry("name", .hardLink(target: Array("/etc/shadow".utf8)))),
        Hostile("\"..\"", TarEntry("name", .hardLink(target: Array("../shadow".utf8)))),
        Hostile("does not exist", TarEntry("name", .hardLink(target: Array("none".utf8)))),
        Hostile("not a file", TarEntry("a", .directory), TarEntry("name", .hardLink(target: Array("a".utf8)))),
        Hostile(
            "not a file", TarEntry("link", .symbolicLink(target: Array("a".utf8))),
            TarEntry("name", .hardLink(target: Array("link".utf8)))),
        Hostile("a device", TarEntry("null", .characterDevice(TarDevice(major: 1, minor: 3)))),
        Hostile("a device", TarEntry("disk", .blockDevice(TarDevice(major: 8, minor: 0)))),
        Hostile("a FIFO", TarEntry("pipe", .fifo)),
        Hostile("not UTF-8", TarEntry(path: [0xFF, 0x61], kind: .file)),
        Hostile("only the folder itself", TarEntry(".", .file)),
    ]) func aHostileEntryIsRefusedAndNamed(_ hostile: Hostile) async throws {
        let fixture = try await FilesFixture()
        let error = await #expect(throws: OutpostError.self) {
            _ = try await fixture.unpack(try tar(hostile.entries.map { ($0, []) }))
        }
        #expect(error?.message.contains(hostile.word) == true, "\(String(describing: error))")
        #expect(try await fixture.names("/").allSatisfy { $0.hasPrefix("workspace") })
        try await fixture.waitUntilQuiet()
    }

    @Test func bitsAboveThePermissionsAreNotSet() async throws {
        let fixture = try await FilesFixture()
        let archive = try tar([(TarEntry("a", mode: 0o6755), [1]), (TarEntry("d", .directory, mode: 0o7000), [])])
        _ = try await fixture.unpack(archive)
        #expect(try await fixture.files.information(fixture.target("new/a")).mode == 0o755)
        #expect(try await fixture.files.information(fixture.target("new/d")).mode == 0o700)
    }

    @Test(arguments: [1_234_567_890, 0, -2]) func aFileGetsItsTime(_ seconds: Int64) async throws {
        let fixture = try await FilesFixture()
        var entry = TarEntry("a")
        entry.modified = TarTime(seconds: seconds)
        _ = try await fixture.unpack(try tar([(entry, [1])]))
        let information = try await fixture.files.information(fixture.target("new/a"))
        #expect(information.modified == seconds * 1_000_000_000)
    }

    /// A hostile archive can have any time.
    @Test func aTimeThatCannotBeToldBecomesTheNearestOne() {
        #expect(TarTime(seconds: -2, nanoseconds: 500_000_000).sinceEpoch == -1_500_000_000)
        #expect(TarTime(seconds: .max).sinceEpoch == .max)
        #expect(TarTime(seconds: .max / 1_000_000_000, nanoseconds: 999_999_999).sinceEpoch == .max)
        #expect(TarTime(seconds: .min, nanoseconds: 1).sinceEpoch == -.max)
    }

    @Test func linksAndOtherNamesInsideOfTheFolderAreMade() async throws {
        let fixture = try await FilesFixture()
        let archive = try tar([
            (TarEntry("d/a"), [7]), (TarEntry("d/up", .symbolicLink(target: Array("../d/a".utf8))), []),
            (TarEntry("other", .hardLink(target: Array("./d/a".utf8))), []), (TarEntry("d/a"), [8]),
            (TarEntry("d/up", .symbolicLink(target: Array("a".utf8))), []),
        ])
        #expect(try await fixture.unpack(archive).entries == 5)
        #expect(try await fixture.get("new/other") == [7])
        #expect(try await fixture.get("new/d/a") == [8])
        #expect(try await fixture.names("new") == ["d", "d/a", "d/up", "other"])
    }

    @Test func holesThatAreLargerThanTheDiskAreRefusedBeforeTheyAreWritten() async throws {
        let fixture = try await FilesFixture()
        var entry = TarEntry("holes")
        entry.size = 1 << 62
        entry.extents = []
        let archive = try tar([(entry, [])])
        #expect(try await code { _ = try await fixture.unpack(archive) } == .insufficientStorage)
        #expect(try await fixture.names("new").isEmpty)
    }

    @Test func aHoleIsZeros() async throws {
        let fixture = try await FilesFixture()
        var entry = TarEntry("holes")
        entry.size = 100_000
        entry.extents = [TarExtent(offset: 512, count: 2)]
        let archive = try tar([(entry, [1, 2])])
        #expect(try await fixture.unpack(archive).bytes == 100_000)
        let content = try await fixture.get("new/holes")
        #expect(content.count == 100_000 && content[512] == 1 && content[513] == 2)
        #expect(content.reduce(0) { $0 + Int($1) } == 3)
    }

    @Test func anArchiveThatIsCutOffIsRefusedAndLeavesNoHalfFile() async throws {
        let fixture = try await FilesFixture()
        let whole = try tar([(TarEntry("a"), [1]), (TarEntry("b"), [UInt8](repeating: 2, count: 5000))])
        for count in [100, 512, 1536, 2000, 4000] {
            #expect(try await code { _ = try await fixture.unpack(Array(whole.prefix(count))) } == .invalidRequest)
        }
        #expect(try await fixture.names("new") == ["a"])
        // What follows the end of an archive is not read.
        #expect(try await fixture.unpack(whole + [1, 2, 3]).entries == 2)
    }

    @Test func bytesThatAreNoArchiveAreRefused() async throws {
        let fixture = try await FilesFixture()
        let noise = [UInt8](repeating: 0x41, count: 4096)
        #expect(try await code { _ = try await fixture.unpack(noise) } == .invalidRequest)
        let error = await #expect(throws: OutpostError.self) { _ = try await fixture.unpack([0x1F, 0x8B, 8, 0]) }
        #expect(error?.message.contains("not a tar archive") == true)
    }

    @Test func anArchiveNeedsAFolder() async throws {
        let fixture = try await FilesFixture()
        try await fixture.put("file", [1])
        let files = fixture.files
        #expect(
            try await code { _ = try await files.unpack(fixture.target("none"), makesFolder: false) } == .notFound)
        #expect(
            try await code { _ = try await files.unpack(fixture.target("file"), makesFolder: true) } == .conflict)
    }
}

/// Bytes that differ from place to place.
enum ConformancePattern {
    static func bytes(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) } }
}
