// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import Testing

struct FileQueryTests {
    @Test(
        "The path of a URL is decoded once",
        arguments: [
            ("a/b", "a/b"), ("%2Fetc%2Fhosts", "/etc/hosts"), ("/etc/hosts", "/etc/hosts"), ("a%20b", "a b"),
            ("%252F", "%2F"), ("..", ".."), ("%2e%2E%2fx", "../x"), ("%C3%A9", "é"), ("a+b", "a+b"), ("a//b", "a//b"),
        ])
    func thePathOfAURLIsDecodedOnce(text: String, path: String) throws {
        #expect(try FilePath.decode(text) == path)
        #expect(try FilePath.decode(QueryString.percentEncoded(path)) == path)
    }

    @Test(
        "A path that cannot be decoded is refused", arguments: ["", "%", "%2", "%zz", "a%00b", "%ff", "%C0%AF", "%+1"])
    func aPathThatCannotBeDecodedIsRefused(text: String) {
        let error = #expect(throws: OutpostError.self) { try FilePath.decode(text) }
        #expect(error?.code == .invalidRequest && error?.fields.first?.field == "path")
    }

    @Test func onlyAFolderCanHaveAnEmptyPath() throws {
        #expect(try FilePath.decode("", isFolder: true) == ".")
    }

    private static func pairs(_ text: String) -> [(name: String, value: String)] {
        text.split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            return (name: parts[0], value: parts.count > 1 ? parts[1] : "")
        }
    }

    @Test func aViewIsChosenByItsFlag() throws {
        #expect(try FileView(query: []) == .content)
        #expect(try FileView(query: Self.pairs("list")) == .list(depth: 1))
        #expect(try FileView(query: Self.pairs("list=true&depth=7")) == .list(depth: 7))
        #expect(try FileView(query: Self.pairs("list=false")) == .content)
        #expect(try FileView(query: Self.pairs("watch&recursive")) == .watch(isRecursive: true))
        for view in [FileView.content, .list(depth: 3), .watch(isRecursive: true), .watch(isRecursive: false)] {
            #expect(try FileView(query: view.pairs) == view)
        }
    }

    @Test(
        "A wrong view names the parameter",
        arguments: [
            ("list&watch", "watch"), ("depth=2", "depth"), ("recursive", "recursive"), ("list=1", "list"),
            ("list&depth=0", "depth"), ("list&depth=257", "depth"), ("list&list", "list"), ("lists", "lists"),
        ])
    func aWrongViewNamesTheParameter(query: String, name: String) {
        let error = #expect(throws: OutpostError.self) { try FileView(query: Self.pairs(query)) }
        #expect(error?.code == .invalidRequest && error?.fields.first?.field ?? name == name)
    }

    @Test func aChangeIsOneOfThree() throws {
        #expect(
            try FileChange(query: Self.pairs("mkdir&parents")) == .makeDirectory(mode: 0o755, makesParents: true))
        #expect(try FileChange(query: Self.pairs("mkdir&mode=700")) == .makeDirectory(mode: 0o700, makesParents: false))
        #expect(try FileChange(query: Self.pairs("move_to=/a/b")) == .move(to: "/a/b"))
        #expect(try FileChange(query: Self.pairs("link")) == .link(.get, seconds: 3600))
        #expect(
            try FileChange(query: Self.pairs("link&method=PUT&expires_in_secs=5")) == .link(.put, seconds: 5))
        for change in [
            FileChange.makeDirectory(mode: 0o711, makesParents: true), .move(to: "x y"), .link(.put, seconds: 9),
        ] {
            #expect(try FileChange(query: change.pairs) == change)
        }
    }

    @Test(
        "A wrong change is refused",
        arguments: [
            "", "mkdir=false", "mkdir&move_to=a", "mkdir&link", "move_to=", "mode=0755", "mkdir&mode=4755",
            "link&method=DELETE", "link&expires_in_secs=0", "link&expires_in_secs=604801", "method=GET", "parents",
        ])
    func aWrongChangeIsRefused(query: String) {
        let error = #expect(throws: OutpostError.self) { try FileChange(query: Self.pairs(query)) }
        #expect(error?.code == .invalidRequest)
    }

    @Test func theOtherQueriesComeBackAsTheyWere() throws {
        for query in [FileWriteQuery(), FileWriteQuery(mode: 0o600, makesParents: true)] {
            #expect(try FileWriteQuery(query: query.pairs) == query)
        }
        #expect(try FileDeleteQuery(query: Self.pairs("recursive")).isRecursive)
        let archive = ArchiveQuery(path: "a b", makesFolder: true)
        #expect(try ArchiveQuery(query: archive.pairs, writes: true) == archive)
        #expect(throws: OutpostError.self) { try ArchiveQuery(query: archive.pairs, writes: false) }
        #expect(throws: OutpostError.self) { try ArchiveQuery(query: [], writes: true) }
        #expect(throws: OutpostError.self) { try FileWriteQuery(query: Self.pairs("mode=rwx")) }
    }

    @Test func anEntryAndAnEventComeBackAsTheyWere() throws {
        let information = FileInformation(
            kind: .symlink, mode: 0o777, uid: 1000, gid: 5, size: 3, modified: 1_790_000_040_123_000_000)
        let entry = FileEntry(DirectoryEntry(path: "b/c", information: information, target: "d"), in: "/a")
        #expect(entry.path == "/a/b/c" && entry.name == "c")
        #expect(FileEntry.path("x", in: "/") == "/x" && FileEntry.path("", in: "/a") == "/a")
        #expect(try FileList(reply: FileList([entry]).json).entries == [entry])
        let changes: [DirectoryChange] = [
            .created("x"), .modified("x"), .deleted(""), .moved(from: "x", to: "y"), .overflow,
        ]
        for event in changes.map({ FolderEvent($0, in: "/a") }) + [.ready(path: "/a")] {
            #expect(FolderEvent(name: event.name, json: event.json) == event)
        }
        #expect(FolderEvent(.moved(from: "x", to: "y"), in: "/a") == .moved(path: "/a/y", from: "/a/x"))
    }
}
