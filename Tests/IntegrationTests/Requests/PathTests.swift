// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    @Suite(.serialized) struct Paths {
        let server: ServerFixture
        var api: APIClient { server.api }

        init() throws { server = try SharedServer.server }

        @Test(arguments: [
            "/auth", "/auth/v1", "/auth/v2/languages", "/auth/v1/seed/default", "/auth/v1/seed/default/sandbox/",
            "/auth/v1/seed/default/sandboxes", "//auth/v1/languages", "/auth/v1/languages/x", "/openapi.yaml",
            "/auth/v1/seed/default/sandbox/sbx_000000000000/files/etc/passwd", "/admin.token",
        ]) func nothingIsAtAnUnknownPath(_ path: String) async throws {
            let answer = try await api.send("GET", path)
            #expect(answer.status == 404, "\(answer)")
            #expect(try answer.error().code == .notFound)
        }

        @Test(arguments: [
            "..", ".", "%2e%2e", "..%2f..%2fpat", "sbx_..%2f..%2f..%2f", "sbx_0123456789AB", "sbx_0123456789a",
            "sbx_0123456789abc", "SBX_0123456789ab", "exec_0123456789ab", "sbx_0123456789a%00", "%00", "%", "%zz",
            "%ff",
            "sbx_0123456789ab%2fexec", "sbx_%C0%AF23456789", "0", "null", "*", "'%20or%201=1", "sbx_0123456789ab;x",
        ]) func anIDIsNeverAPath(_ id: String) async throws {
            for (method, rest) in [("GET", ""), ("DELETE", ""), ("POST", "/exec")] {
                let answer = try await raw(method, api.sandboxPath("/\(id)\(rest)"))
                #expect([400, 404, 405].contains(answer.status), "\(method) \(id): \(answer.text)")
                #expect(answer.text.contains("\"code\":"), "\(method) \(id): \(answer.text)")
                #expect(answer.text.lowercased().contains("x-request-id: req_"))
            }
        }

        @Test(arguments: ["Default", "a_b", "-a", "a-", "..", "%2e%2e", "a%2fb", String(repeating: "a", count: 40)])
        func aNamespaceIsNeverAPath(_ namespace: String) async throws {
            let answer = try await raw("GET", "/auth/v1/seed/\(namespace)/sandbox")
            #expect([400, 403, 404].contains(answer.status), "\(answer.text)")
        }

        @Test func aMethodThatAPathDoesNotHaveIsRefusedWithTheOnesItHas() async throws {
            for (method, path, allowed) in [
                ("PUT", api.sandboxPath(), ["GET", "POST"]), ("PATCH", api.sandboxPath(), ["GET", "POST"]),
                ("GET", api.sandboxPath("/execute"), ["POST"]), ("DELETE", "/healthz", ["GET"]),
                ("POST", "/auth/v1/pat/x", ["DELETE", "GET"]),
            ] {
                let answer = try await api.send(method, path)
                #expect(answer.status == 405, "\(method) \(path): \(answer)")
                #expect(try answer.error().code == .methodNotAllowed)
                let named = answer.header("Allow")?.split(separator: ", ").map(String.init).sorted() ?? []
                #expect(Set(named).isSuperset(of: allowed), "\(named)")
                #expect(Set(named).isSubset(of: allowed + ["HEAD", "OPTIONS"]), "\(named)")
            }
        }

        /// Sends the path as it stands, which no HTTP client does.
        private func raw(_ method: String, _ path: String) async throws -> (status: Int, text: String) {
            let body = "{\"code\":\"\"}"
            let request = """
                \(method) \(path) HTTP/1.1\r
                Host: localhost\r
                Authorization: \(api.authorization ?? "")\r
                Content-Type: application/json\r
                Content-Length: \(body.utf8.count)\r
                Connection: close\r
                \r
                \(body)
                """
            let bytes = try await RawConnection.exchange(port: server.port, Array(request.utf8))
            let text = String(decoding: bytes, as: UTF8.self)
            let status = text.split(separator: " ", maxSplits: 2).dropFirst().first.flatMap { Int($0) }
            return (try #require(status, "no answer to \(path): \(text)"), text)
        }
    }
}
