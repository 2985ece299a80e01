// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    /// The files of a stateful sandbox over HTTP.
    @Suite(.serialized) struct Files {
        let server: ServerFixture
        let api: APIClient

        init() throws {
            server = try SharedServer.server
            api = server.api.with(namespace: "files")
        }

        private static let request: JSONValue = [
            "language": "bash", "mode": "stateful", "resource_limits": ["disk_mb": 64],
        ]

        private func path(_ sandbox: Sandbox, _ rest: String) -> String {
            api.sandboxPath("/\(sandbox.id)/files/\(rest)")
        }

        private func archivePath(_ sandbox: Sandbox, _ query: String) -> String {
            api.sandboxPath("/\(sandbox.id)/archive?\(query)")
        }

        private func put(_ sandbox: Sandbox, _ rest: String, _ content: [UInt8], status: Int = 201) async throws {
            let answer = try await api.send("PUT", path(sandbox, rest), body: content)
            #expect(answer.status == status, "\(answer)")
        }

        @Test func aFileGoesInAndComesBack() async throws {
            try await api.withSandbox(Self.request) { sandbox in
                let content = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 9) }
                try await put(sandbox, "a/b.bin?mkdir=true&mode=0751", content)
                try await put(sandbox, "a/b.bin", content, status: 204)
                let answer = try await api.send("GET", path(sandbox, "%2Fworkspace%2Fa%2Fb.bin"))
                #expect(answer.status == 200 && answer.body == content)
                #expect(answer.header("Content-Length") == "3000000")
                #expect(answer.header("Content-Security-Policy")?.hasPrefix("sandbox") == true)
                #expect(answer.header("X-Content-Type-Options") == "nosniff")
                #expect(answer.header("Content-Type") == "application/octet-stream")
                #expect(answer.header("Outpost-File-Mode") == "0751")
                let shown = try await api.exec(sandbox, code: "stat -c '%a %s %U' a/b.bin; ls -A a")
                #expect(shown.stdout.text.hasPrefix("751 3000000 "))
                #expect(shown.stdout.text.hasSuffix("\nb.bin\n"))
                let head = try await api.send("HEAD", path(sandbox, "a/b.bin"))
                #expect(head.status == 200 && head.header("Content-Length") == "3000000" && head.body.isEmpty)
                let tag = try #require(head.header("ETag"))
                let part = try await api.send(
                    "GET", path(sandbox, "a/b.bin"), headers: ["Range": "bytes=65530-65545", "If-Range": tag])
                #expect(part.status == 206 && part.body == Array(content[65530...65545]))
                #expect(part.header("Content-Range") == "bytes 65530-65545/3000000")
                let known = try await api.send("GET", path(sandbox, "a/b.bin"), headers: ["If-None-Match": tag])
                #expect(known.status == 304 && known.body.isEmpty)
                let outside = try await api.send("GET", path(sandbox, "a/b.bin"), headers: ["Range": "bytes=3000000-"])
                #expect(outside.status == 416 && outside.header("Content-Range") == "bytes */3000000")
                _ = try await api.exec(sandbox, code: "echo more >> a/b.bin")
                let stale = try await api.send("PUT", path(sandbox, "a/b.bin"), body: [1], headers: ["If-Match": tag])
                #expect(stale.status == 412, "\(stale)")
                #expect(try await api.send("DELETE", path(sandbox, "a")).status == 409)
                #expect(try await api.send("DELETE", path(sandbox, "a?recursive=true")).status == 204)
                #expect(try await api.send("GET", path(sandbox, "a/b.bin")).status == 404)
            }
        }

        @Test func aFileIsThereWithoutARunAndStaysAfterOne() async throws {
            try await api.withSandbox(Self.request) { sandbox in
                try await put(sandbox, "kept", Array("1".utf8))
                #expect(try await api.exec(sandbox, code: "cat kept; echo 2 > made").stdout.text == "1")
                #expect(try await api.send("GET", path(sandbox, "made")).text == "2\n")
            }
        }

        @Test func aCallCanDoWhatTheUserCanAndNoMore() async throws {
            try await api.withSandbox(Self.request) { sandbox in
                _ = try await api.exec(
                    sandbox,
                    code: "mkfifo pipe; echo secret > closed; chmod 0 closed; ln -s /etc/shadow shadow; ln -s loop loop"
                )
                for (method, rest, status, word) in [
                    ("GET", "closed", 403, "EACCES"), ("PUT", "%2Fetc%2Fnew", 403, "E"), ("GET", "pipe", 409, "EINVAL"),
                    ("GET", "", 400, "path"), ("GET", "%2Fworkspace", 409, "EISDIR"),
                    ("PUT", "%2Fworkspace", 409, "EISDIR"),
                    ("GET", "loop", 400, "ELOOP"), ("GET", "shadow", 404, "exist"), ("GET", "none/below", 404, "exist"),
                    ("PUT", "none/below", 404, "the folder of"), ("GET", "%2Fdev%2Fzero", 409, "EINVAL"),
                    ("GET", "pipe?list", 409, "ENOTDIR"), ("GET", "none?list", 404, "exist"),
                    ("PUT", "a/", 400, "slash"),
                    ("GET", String(repeating: "n", count: 256), 400, "ENAMETOOLONG"), ("GET", "a%00b", 400, "NUL"),
                    ("PUT", "a?mode=7777", 400, "mode"), ("DELETE", "a?force", 400, "force"),
                    ("POST", "a", 400, "mkdir"),
                ] {
                    let answer = try await api.send(method, path(sandbox, rest), body: method == "PUT" ? [1] : nil)
                    #expect(answer.status == status, "\(method) \(rest): \(answer)")
                    #expect(answer.text.contains(word), "\(method) \(rest): \(answer)")
                }
            }
        }

        @Test func aSandboxWithoutFilesOrOfSomebodyElseIsRefused() async throws {
            let ephemeral = try await api.createSandbox(["language": "bash"])
            for (method, rest) in [("GET", "a"), ("POST", "a?link")] {
                let refused = try await api.send(method, path(ephemeral, rest))
                #expect(refused.status == 409 && refused.text.contains("ephemeral"), "\(method) \(rest): \(refused)")
            }
            try await api.deleteSandbox(ephemeral.id)
            #expect(try await api.send("GET", path(ephemeral, "a")).status == 404)
            try await api.withSandbox(Self.request) { sandbox in
                try await put(sandbox, "a", [1])
                let other = api.with(namespace: "others")
                for (method, rest) in [
                    ("GET", "a"), ("PUT", "a"), ("DELETE", "a"), ("POST", "a?mkdir"), ("POST", "a?link"),
                ] {
                    let place = other.sandboxPath("/\(sandbox.id)/files/\(rest)")
                    let answer = try await other.send(method, place, body: method == "PUT" ? [1] : nil)
                    #expect(answer.status == 404, "\(method) \(rest): \(answer)")
                }
                let key = try await api.send(
                    "PUT", path(sandbox, "a"), body: [1], headers: ["Idempotency-Key": "one"])
                #expect(key.status == 400 && key.text.contains("Idempotency-Key"), "\(key)")
            }
        }

        @Test func aFullDiskLeavesTheOldFile() async throws {
            // The client of the product reads an answer that comes before it has sent everything.
            let api = api.with(namespace: "default")
            try await api.withSandbox(Self.request) { sandbox in
                let place = api.sandboxPath("/\(sandbox.id)/files/file")
                #expect(try await api.send("PUT", place, body: Array("old".utf8)).status == 201)
                try await TemporaryDirectory.with { folder in
                    let large = Data(count: 100 << 20)
                    try large.write(to: URL(fileURLWithPath: folder + "/large"))
                    let full = try await server.outpost(
                        ["sandbox", "cp"], [folder + "/large", "\(sandbox.id):file"])
                    #expect(full.exitCode == 1 && full.stderr.contains("ENOSPC"), "\(full.stderr)")
                }
                #expect(try await api.send("GET", place).text == "old")
                #expect(try await api.exec(sandbox, code: "ls -A").stdout.text == "file\n")
            }
        }

        @Test func aBodyThatIsCutOffLeavesTheOldFile() async throws {
            try await api.withSandbox(Self.request) { sandbox in
                try await put(sandbox, "file", Array("old".utf8))
                let head =
                    "PUT \(path(sandbox, "file")) HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n"
                    + "Authorization: \(api.authorization ?? "")\r\n\r\n"
                for sent in [0, 1, 500_000] {
                    let bytes = Array(head.utf8) + [UInt8](repeating: 1, count: sent)
                    try await RawConnection.whileOpen(port: server.port, bytes) {}
                }
                for _ in 0..<200 where try await api.exec(sandbox, code: "ls -A").stdout.text != "file\n" {}
                #expect(try await api.exec(sandbox, code: "ls -A; cat file").stdout.text == "file\nold")
            }
        }

        @Test func aFileThatShrinksWhileItIsSentHasNoEndThatLooksRight() async throws {
            try await api.withSandbox(Self.request) { sandbox in
                _ = try await api.exec(sandbox, code: "head -c 40000000 /dev/zero > file")
                let request =
                    "GET \(path(sandbox, "file")) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                    + "Authorization: \(api.authorization ?? "")\r\n\r\n"
                async let received = RawConnection.exchange(
                    port: server.port, Array(request.utf8), bytesPerSecond: 20_000_000)
                _ = try await api.exec(sandbox, code: "sleep 0.3; : > file")
                let count: Int
                do { count = try await received.count } catch { count = 0 }
                #expect(count < 40_000_000)
            }
        }

        @Test func aFolderIsListedWatchedAndChanged() async throws {
            try await api.withSandbox(Self.request) { sandbox in
                #expect(try await api.send("POST", path(sandbox, "d/e?mkdir&parents")).status == 201)
                #expect(try await api.send("POST", path(sandbox, "d/e?mkdir")).status == 409)
                try await put(sandbox, "d/f", [1, 2])
                _ = try await api.exec(sandbox, code: "ln -s f d/l; mkfifo d/p")
                let list = try await api.send("GET", path(sandbox, "d?list&depth=2")).decoded(FileList.self)
                #expect(list.entries.map(\.path).sorted() == ["e", "f", "l", "p"].map { "/workspace/d/\($0)" })
                #expect(list.entries.first { $0.name == "l" }?.target == "f")
                #expect(list.entries.first { $0.name == "f" }?.size == 2)
                #expect(Set(list.entries.map(\.kind)) == [.directory, .file, .symlink, .fifo])
                #expect(try await api.send("GET", path(sandbox, "?list")).decoded(FileList.self).entries.count == 1)
                var names: [String] = []
                try await api.stream("GET", path(sandbox, "d?watch&recursive")) { event in
                    names.append(event.name)
                    switch event.name {
                    case "ready":
                        // Everything that happens from now on is an event.
                        _ = try await api.exec(sandbox, code: "touch d/e/new; mv d/e/new d/g; rm d/g")
                        return true
                    case "deleted":
                        #expect(event.string("path") == "/workspace/d/g")
                        return false
                    default: return true
                    }
                }
                #expect(names.first == "ready" && names.contains("created") && names.contains("moved"), "\(names)")
                #expect(try await api.send("POST", path(sandbox, "d/f?move_to=/workspace/d/h")).status == 204)
                #expect(try await api.send("GET", path(sandbox, "d/h")).body == [1, 2])
            }
        }

        @Test func aFolderWithManyEntriesIsListed() async throws {
            try await api.withSandbox(["language": "bash", "mode": "stateful", "resource_limits": ["disk_mb": 256]]) {
                sandbox in
                _ = try await api.exec(sandbox, code: "mkdir d; cd d; seq -f 'entry-%06g' 10000 | xargs touch")
                let list = try await api.send("GET", path(sandbox, "d?list")).decoded(FileList.self)
                #expect(list.entries.count == 10_000 && Set(list.entries.map(\.name)).count == 10_000)
                #expect(try await api.send("DELETE", path(sandbox, "d?recursive")).status == 204)
            }
        }

        @Test func aFolderGoesInAndOutAsAnArchive() async throws {
            try await api.withSandbox(Self.request) { sandbox in
                _ = try await api.exec(
                    sandbox,
                    code:
                        "mkdir -p old/a/b; echo 1 > old/a/x; ln -s x old/a/l; head -c 3000000 /dev/urandom > old/a/b/r; chmod 700 old/a/x"
                )
                let archive = try await api.send("GET", archivePath(sandbox, "path=old"))
                #expect(archive.status == 200 && archive.header("Content-Type") == "application/x-tar")
                let missing = try await api.send("PUT", archivePath(sandbox, "path=new"), body: archive.body)
                #expect(missing.status == 404, "\(missing)")
                let unpacked = try await api.send("PUT", archivePath(sandbox, "path=new&mkdir"), body: archive.body)
                    .decoded(UnpackedArchive.self)
                #expect(unpacked == UnpackedArchive(entries: 5, bytes: 3_000_002))
                let compared = try await api.exec(
                    sandbox, code: "diff -r old new && stat -c %a new/a/x && readlink new/a/l")
                #expect(compared.stdout.text == "700\nx\n", "\(compared.stdout.text)")
                _ = try await api.exec(
                    sandbox, code: "tar cf evil.tar -P /etc/hostname; ln -s / out; tar cf link.tar out")
                for name in ["evil.tar", "link.tar"] {
                    let evil = try await api.send("GET", path(sandbox, name))
                    let refused = try await api.send("PUT", archivePath(sandbox, "path=new"), body: evil.body)
                    #expect(refused.status == 400 && refused.text.contains("absolute"), "\(refused)")
                }
            }
        }

        @Test func aSignedURLNeedsNoTokenAndEndsWithTheSandbox() async throws {
            let stranger = api.with(authorization: nil)
            let sandbox = try await api.createSandbox(Self.request)
            try await put(sandbox, "a", Array("text".utf8))
            let reading = try await place(of: api.send("POST", path(sandbox, "a?link")))
            let writing = try await place(of: api.send("POST", path(sandbox, "a?link&method=PUT&expires_in_secs=60")))
            #expect(try await stranger.send("GET", reading).text == "text")
            #expect(try await stranger.send("HEAD", reading).status == 200)
            #expect(try await stranger.send("PUT", reading, body: [1]).status == 401)
            #expect(try await stranger.send("GET", writing).status == 401)
            #expect(try await stranger.send("GET", reading + "&list").status == 401)
            #expect(try await stranger.send("GET", reading.replacing("files/a", with: "files/b")).status == 401)
            #expect(try await stranger.send("PUT", writing, body: Array("new".utf8)).status == 204)
            #expect(try await stranger.send("GET", reading).text == "new")
            #expect(try await stranger.send("GET", path(sandbox, "a")).status == 401)
            try await api.deleteSandbox(sandbox.id)
            #expect(try await stranger.send("GET", reading).status == 404)
        }

        /// The path and the query of the URL in an answer.
        private func place(of answer: Answer) throws -> String {
            let url = try answer.decoded(FileLink.self).url
            let parts = url.split(separator: "/", maxSplits: 2)
            return "/" + (try #require(parts.last))
        }

        @Test func theCommandsCopyBothWays() async throws {
            try await api.with(namespace: "default").withSandbox(Self.request) { sandbox in
                try await TemporaryDirectory.with { folder in
                    try FileManager.default.createDirectory(atPath: folder + "/in/x", withIntermediateDirectories: true)
                    try "hello".write(toFile: folder + "/in/x/file", atomically: false, encoding: .utf8)
                    let time = Date(timeIntervalSince1970: 1_234_567_890)
                    try FileManager.default.setAttributes(
                        [.modificationDate: time], ofItemAtPath: folder + "/in/x/file")
                    let sent = try await server.outpost(["sandbox", "cp"], [folder + "/in", "\(sandbox.id):there"])
                    #expect(sent.exitCode == 0 && sent.stderr.isEmpty, "\(sent.stderr)")
                    let fetched = try await server.outpost(
                        ["sandbox", "cp"], ["\(sandbox.id):there", folder + "/out", "--json"])
                    #expect(fetched.exitCode == 0 && fetched.stdout.contains("\"entries\":2"), "\(fetched)")
                    #expect(try String(contentsOfFile: folder + "/out/x/file", encoding: .utf8) == "hello")
                    let copy = try FileManager.default.attributesOfItem(atPath: folder + "/out/x/file")
                    #expect(copy[.modificationDate] as? Date == time)
                    let shown = try await server.outpost(["sandbox", "cat"], ["\(sandbox.id):there/x/file"])
                    #expect(shown.stdout == "hello")
                    _ = try await server.outpost(["sandbox", "put"], ["\(sandbox.id):there/y"], input: "piped")
                    let listed = try await server.outpost(["sandbox", "ls"], ["\(sandbox.id):there"])
                    #expect(listed.stdout.contains("y") && listed.stdout.contains("x"))
                    let gone = try await server.outpost(["sandbox", "cat"], ["\(sandbox.id):none"])
                    #expect(gone.exitCode == 1 && gone.stderr.contains("does not exist"))
                }
            }
        }
    }
}
