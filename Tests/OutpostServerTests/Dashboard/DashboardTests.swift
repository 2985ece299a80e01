// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostTar
import OutpostTesting
import Testing

@testable import OutpostServer

/// The dashboard's files and the headers that they come with.
@Suite(.timeLimit(.minutes(10)))
struct DashboardTests {
    private func archive(_ files: [String: String]) throws -> [UInt8] {
        var writer = TarWriter()
        var archive: [UInt8] = []
        for (name, text) in files.sorted(by: { $0.key < $1.key }) {
            let size = UInt64(text.utf8.count)
            archive += try writer.begin(TarEntry(path: Array(name.utf8), kind: .file, size: size))
            archive += try writer.content(Array(text.utf8)[...])
            archive += try writer.end()
        }
        return archive + (try writer.finish())
    }

    private func ask(_ port: Int, _ method: String, _ path: String, _ headers: String = "") async throws -> String {
        let text = "\(method) \(path) HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\(headers)\r\n"
        let bytes = try await RawConnection.exchange(port: port, Array(text.utf8), limit: .seconds(30))
        return String(decoding: bytes, as: UTF8.self)
    }

    private func tag(of answer: String) throws -> String {
        let line = try #require(answer.split(separator: "\r\n").first { $0.hasPrefix("ETag: ") })
        return String(line.dropFirst("ETag: ".count))
    }

    @Test func filesComeWithTheirTypeAndTheStrictPolicy() async throws {
        let files = try DashboardFiles(archive: archive(["index.html": "the page", "main.js": "the script"]))
        let fixture = try await StepFixture()
        try await fixture.withServer([.native(for: fixture), .dashboard(files)]) { port in
            let page = try await ask(port, "GET", "/")
            #expect(page.hasPrefix("HTTP/1.1 200 "))
            #expect(page.hasSuffix("\r\n\r\nthe page"))
            #expect(page.contains("\r\nContent-Type: text/html; charset=utf-8\r\n"))
            #expect(page.contains("\r\nContent-Encoding: gzip\r\n"))
            #expect(page.contains("\r\nContent-Security-Policy: default-src 'none'; script-src 'self'; "))
            #expect(page.contains("frame-ancestors 'none'; base-uri 'none'; form-action 'none';"))
            #expect(page.contains("\r\nX-Content-Type-Options: nosniff\r\n"))
            #expect(page.contains("\r\nReferrer-Policy: no-referrer\r\n"))
            #expect(!page.contains("Set-Cookie"))
            let script = try await ask(port, "GET", "/dashboard/main.js")
            #expect(script.contains("\r\nContent-Type: text/javascript; charset=utf-8\r\n"))
            let head = try await ask(port, "HEAD", "/dashboard/main.js")
            #expect(head.contains("\r\nContent-Length: 10\r\n") && head.hasSuffix("\r\n\r\n"))
        }
    }

    @Test func aBrowserThatHasTheFileGetsNoContent() async throws {
        let files = try DashboardFiles(archive: archive(["index.html": "the page", "main.js": "the script"]))
        let fixture = try await StepFixture()
        try await fixture.withServer([.native(for: fixture), .dashboard(files)]) { port in
            let tag = try tag(of: await ask(port, "GET", "/"))
            let again = try await ask(port, "GET", "/", "If-None-Match: \"other\", \(tag)\r\n")
            #expect(again.hasPrefix("HTTP/1.1 304 "))
            #expect(!again.contains("the page"))
            #expect(try self.tag(of: again) == tag)
            let other = try await ask(port, "GET", "/dashboard/main.js", "If-None-Match: \(tag)\r\n")
            #expect(other.hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test(arguments: ["/dashboard/else.js", "/dashboard/", "/dashboard", "/dashboard/a/b", "/index.html", "//"])
    func anotherPathDoesNotExist(path: String) async throws {
        let files = try DashboardFiles(archive: archive(["index.html": "the page"]))
        let fixture = try await StepFixture()
        try await fixture.withServer([.native(for: fixture), .dashboard(files)]) { port in
            let answer = try await ask(port, "GET", path)
            #expect(answer.hasPrefix("HTTP/1.1 404 "))
        }
    }

    @Test func anAnswerOfTheAPIRunsNothingInABrowser() async throws {
        let fixture = try await StepFixture()
        try await fixture.withServer([.native(for: fixture)]) { port in
            for path in ["/healthz", "/auth/v1/quotas", "/nothing"] {
                let answer = try await ask(port, "GET", path)
                #expect(answer.contains("\r\nContent-Security-Policy: sandbox; default-src 'none'\r\n"), "\(path)")
                #expect(answer.contains("\r\nX-Content-Type-Options: nosniff\r\n"), "\(path)")
            }
        }
    }

    @Test func aBinaryWithoutTheDashboardHasNoFiles() throws {
        #expect(try DashboardFiles(archive: []).isEmpty)
    }
}
