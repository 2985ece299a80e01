// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing
import OutpostTesting
import Testing

@testable import OutpostEngine

struct FileServiceTests {
    @Test func aRelativePathIsBelowTheWorkingDirectory() async throws {
        let fixture = try await FilesFixture()
        try await fixture.put("a/b", [1, 2, 3])
        #expect(try await fixture.get("/workspace/a/b") == [1, 2, 3])
        #expect(try await fixture.get("./a//b") == [1, 2, 3])
        #expect(try await fixture.names(".") == ["a", "a/b"])
        #expect(try await fixture.files.information(fixture.target("a/b")).size == 3)
    }

    @Test func anUnfinishedUploadLeavesTheOldFile() async throws {
        let fixture = try await FilesFixture()
        try await fixture.put("file", [1])
        let upload = try await fixture.files.write(fixture.target("file"), mode: nil, makesParents: false)
        #expect(upload.previous?.size == 1)
        try await upload.write([2, 3])
        upload.cancel()
        #expect(try await fixture.get("file") == [1])
        #expect(try await fixture.names(".") == ["file"])
        try await fixture.waitUntilQuiet()
    }

    @Test func aRefusedCheckWritesNothing() async throws {
        let fixture = try await FilesFixture()
        let refusal = try await code {
            _ = try await fixture.files.write(fixture.target("file"), mode: nil, makesParents: false) {
                (previous) throws(OutpostError) in
                #expect(previous == nil)
                throw OutpostError(.preconditionFailed, "no")
            }
        }
        #expect(refusal == .preconditionFailed)
        #expect(try await fixture.names(".").isEmpty)
        try await fixture.waitUntilQuiet()
    }

    @Test func aPartIsReadOnlyOfTheFileThatTheCallerKnows() async throws {
        let fixture = try await FilesFixture()
        try await fixture.put("file", Array(0..<100))
        let known = try await fixture.files.information(fixture.target("file"))
        let part = try #require(try await fixture.files.read(fixture.target("file"), 10..<20, of: known))
        #expect(try await part.next() == Array(10..<20))
        #expect(try await part.next() == nil)
        try await fixture.put("file", Array(0..<100))
        #expect(try await fixture.files.read(fixture.target("file"), 10..<20, of: known) == nil)
    }

    @Test func aDownloadHasExactlyTheBytesThatItPromised() async throws {
        let fixture = try await FilesFixture()
        try await fixture.put("file", Array(0..<100))
        let sandbox = try await fixture.files.session(fixture.target("file"))
        let grown = try await sandbox.files.read(sandbox.path, from: 0, count: .max)
        let cut = FileDownload(grown.information, 0..<40, grown.bytes, sandbox)
        #expect(try await cut.next() == Array(0..<40))
        #expect(try await cut.next() == nil)
        let shrunk = try await sandbox.files.read(sandbox.path, from: 0, count: .max)
        let short = FileDownload(shrunk.information, 0..<140, shrunk.bytes, sandbox)
        #expect(try await short.next()?.count == 100)
        #expect(try await code { _ = try await short.next() } == .conflict)
    }

    @Test func aStreamKeepsTheSandboxUpUntilItsEnd() async throws {
        let fixture = try await FilesFixture()
        try await fixture.put("file", [1])
        try await fixture.waitUntilQuiet()
        var download: FileDownload? = try await fixture.files.read(fixture.target("file"))
        let controller = try await fixture.engine.sandboxes.controller(fixture.sandbox, in: .default)
        #expect(await controller.sandbox.status == .running)
        #expect(try await download?.next() == [1])
        download = nil
        try await fixture.waitUntilQuiet()
    }

    @Test func callsOnWhatIsNotThereAreRefused() async throws {
        let fixture = try await FilesFixture()
        try await fixture.put("file", [1])
        let files = fixture.files
        let unknown = FileTarget("file", of: SandboxID(), in: .default)
        let foreign = FileTarget("file", of: fixture.sandbox, in: try #require(NamespaceName("other")))
        for target in [unknown, foreign, fixture.target("none"), fixture.target("file/below")] {
            #expect(try await code { _ = try await files.read(target) } == .notFound)
            #expect(try await code { _ = try await files.information(target) } == .notFound)
            #expect(try await code { _ = try await files.list(target, depth: 1) } == .notFound)
            #expect(try await code { _ = try await files.archive(target) } == .notFound)
            #expect(try await code { _ = try await files.watch(target, isRecursive: false) } == .notFound)
            #expect(try await code { try await files.remove(target, isRecursive: true) } == .notFound)
        }
        #expect(try await code { _ = try await files.list(fixture.target("file"), depth: 1) } == .conflict)
        #expect(try await code { _ = try await files.archive(fixture.target("file")) } == .conflict)
        #expect(try await code { _ = try await files.read(fixture.target(".")) } == .conflict)
        try await fixture.waitUntilQuiet()
    }

    @Test func anEphemeralSandboxHasNoFilesBetweenItsRuns() async throws {
        let fixture = try await FilesFixture()
        let ephemeral = try await fixture.engine.sandboxes.create(SandboxRequest(language: "python"), in: .default)
        let target = FileTarget("file", of: ephemeral.id, in: .default)
        #expect(try await code { _ = try await fixture.files.read(target) } == .conflict)
    }

    @Test func theCallsInProgressOnOneSandboxAreLimited() async throws {
        let fixture = try await FilesFixture()
        try await fixture.put("file", [1])
        var downloads: [FileDownload] = []
        for _ in 0..<FilePlaces.most { downloads.append(try await fixture.files.read(fixture.target("file"))) }
        #expect(try await code { _ = try await fixture.files.read(fixture.target("file")) } == .rateLimited)
        downloads.removeLast()
        #expect(try await fixture.get("file") == [1])
    }

    @Test func aWatchReportsEveryChangeAfterItsStart() async throws {
        let fixture = try await FilesFixture()
        let changes = try await fixture.files.watch(fixture.target("."), isRecursive: true)
        #expect(changes.path == "/workspace")
        try await fixture.put("one", [1])
        try await fixture.files.move(fixture.target("one"), to: "two")
        try await fixture.files.remove(fixture.target("two"), isRecursive: false)
        var seen: [DirectoryChange] = []
        while seen.count < 3, case .changes(let list)? = try await changes.next() { seen += list }
        #expect(seen == [.created("one"), .moved(from: "one", to: "two"), .deleted("two")])
        changes.close()
        try await fixture.waitUntilQuiet()
    }

    @Test func aStreamEndsWithAnErrorWhenTheSandboxStops() async throws {
        let fixture = try await FilesFixture()
        let changes = try await fixture.files.watch(fixture.target("."), isRecursive: true)
        await fixture.driver.endAll()
        #expect(try await code { _ = try await changes.next() } == .unavailable)
    }
}
