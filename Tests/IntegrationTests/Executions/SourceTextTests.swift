// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    /// Source text of any kind runs, or its language says what is wrong with it.
    @Suite(.serialized) struct SourceText {
        let api: APIClient

        init() throws { api = try SharedServer.server.api }

        @Test(arguments: ["python", "node", "bash"]) func emptyCodeRuns(_ language: String) async throws {
            let execution = try await api.execute(language, "")
            #expect(execution.status == .succeeded)
            #expect(execution.stdout.total == 0)
        }

        @Test(arguments: [("python", "print(1)\r\nprint(2)\r\n"), ("node", "console.log(1)\r\nconsole.log(2)\r\n")])
        func linesMayEndAsOnWindows(_ language: String, _ code: String) async throws {
            #expect(try await api.execute(language, code).stdout.text == "1\n2\n")
        }

        @Test(arguments: [("python", "\u{FEFF}print('é')"), ("node", "\u{FEFF}console.log('é')")])
        func aByteOrderMarkIsNoError(_ language: String, _ code: String) async throws {
            #expect(try await api.execute(language, code).stdout.text == "é\n")
        }

        @Test func fiveMebibytesOfCodeRun() async throws {
            let line = String(repeating: "#", count: 99) + "\n"
            let code = String(repeating: line, count: 5 << 20 / 100) + "print('end')\n"
            #expect(try await api.execute("python", code).stdout.text == "end\n")
        }

        @Test func aNULInCodeIsTheLanguagesToRefuse() async throws {
            let execution = try await api.execute("node", "console.log(1)\0")
            #expect(execution.status == .failed)
            #expect(execution.exitCode == 1)
            #expect(execution.stderr.text.contains("SyntaxError"))
        }
    }
}
