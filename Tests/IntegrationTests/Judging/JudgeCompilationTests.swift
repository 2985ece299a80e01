// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    /// Programs with tests that are compiled first.
    @Suite(.serialized) struct JudgeCompilations {
        let api: APIClient

        init() throws { api = try SharedServer.server.api }

        @Test(arguments: [("go", "package main\nfunc main() { no() }\n"), ("rust", "fn main() { no(); }")])
        func aProgramThatDoesNotCompileFailsAllTests(_ language: String, _ code: String) async throws {
            let execution = try await api.judge(language, code, [["stdin": "1"], [:]])
            #expect(execution.status == .compileFailed)
            #expect(execution.verdicts == [.compileError, .compileError])
            #expect(execution.compile?.exitCode != 0)
            #expect(
                execution.compile?.stderr.text.isEmpty == false || execution.compile?.stdout.text.isEmpty == false,
                "\(execution)")
        }

        /// Prints what is another with each compilation.
        private static let compilation = """
            fn main() { print!("{}", include_str!("/proc/sys/kernel/random/uuid")); }
            """

        private func expectOneCompilation(_ execution: Execution, tests: Int) {
            #expect(execution.verdicts == Array(repeating: .accepted, count: tests), "\(execution)")
            let outputs = Set(execution.tests?.map(\.stdout.text) ?? [])
            #expect(outputs.count == 1)
            #expect(outputs.first?.count == 37)
        }

        @Test func theCompilerRunsOnce() async throws {
            let tests: JSONValue = .array(Array(repeating: [:], count: 10))
            let first = try await api.judge("rust", Self.compilation, tests)
            expectOneCompilation(first, tests: 10)
            #expect(first.compile?.cached == false)
            let second = try await api.judge("rust", Self.compilation, tests)
            expectOneCompilation(second, tests: 10)
            #expect(second.compile?.cached == true)
            #expect(second.tests?.first?.stdout == first.tests?.first?.stdout)
        }

        @Test func whereNothingIsKeptTheCompilerRunsOnceToo() async throws {
            try await DataDirectory.withTemporary { directory in
                let configuration = directory.path + ".yaml"
                try Data("compile_cache_mb: 0\n".utf8).write(to: URL(fileURLWithPath: configuration))
                try await ServerFixture.withServer(on: directory, arguments: ["--config", configuration]) { server in
                    let tests: JSONValue = .array(Array(repeating: ["memory_limit_mb": 32], count: 10))
                    let execution = try await server.api.execute("rust", Self.compilation, ["tests": tests])
                    expectOneCompilation(execution, tests: 10)
                    #expect(execution.compile?.cached == false)
                }
            }
        }
    }
}
