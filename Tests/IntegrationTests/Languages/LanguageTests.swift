// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

/// A program that says hello, in one language.
struct Hello: Sendable, CustomStringConvertible {
    let language: String
    let code: String
    var isCompiled = false
    var description: String { language }

    static let all = [
        Hello(language: "python", code: "print('hello')"),
        Hello(language: "node", code: "console.log('hello')"),
        Hello(language: "bash", code: "echo hello"),
        Hello(
            language: "go", code: "package main\nimport \"fmt\"\nfunc main() { fmt.Println(\"hello\") }\n",
            isCompiled: true),
        Hello(language: "rust", code: "fn main() { println!(\"hello\"); }", isCompiled: true),
    ]
}

extension IntegrationTests {
    @Suite(.serialized) struct Languages {
        let api: APIClient

        init() throws { api = try SharedServer.server.api }

        @Test(arguments: Hello.all) func everyLanguageSaysHello(_ hello: Hello) async throws {
            let execution = try await api.execute(hello.language, hello.code)
            #expect(execution.status == .succeeded, "\(execution)")
            #expect(execution.stdout.text == "hello\n")
            #expect(execution.stderr.text == "")
            #expect(execution.exitCode == 0)
            #expect((execution.compile != nil) == hello.isCompiled)
            #expect(execution.compile.map(\.exitCode) ?? 0 == 0)
            #expect(execution.compile.map { $0.durationMilliseconds > 0 } ?? true)
        }

        @Test(arguments: [
            ("go", "package main\nfunc main() { undefinedName() }\n", "undefined: undefinedName"),
            ("rust", "fn main() { undefined_name(); }", "cannot find function `undefined_name`"),
            ("go", "package main\nfunc main() { \n", "syntax error"),
        ]) func aCompileErrorComesWithTheCompilersWords(_ language: String, _ code: String, _ words: String)
            async throws
        {
            let execution = try await api.execute(language, code)
            #expect(execution.status == .compileFailed)
            let compile = try #require(execution.compile)
            #expect((compile.stderr.text + compile.stdout.text).contains(words))
            #expect(compile.exitCode != 0)
            #expect(execution.exitCode == nil)
            #expect(execution.stdout.total == 0)
        }

        @Test func theSameProgramIsCompiledOnceForANamespace() async throws {
            let code: JSONValue = [
                "language": "go", "args": ["x"],
                "code": "package main\nimport (\"fmt\"; \"os\")\nfunc main() { fmt.Println(\"once\", os.Args[1:]) }\n",
            ]
            for (namespace, isCached) in [("compile-a", false), ("compile-a", true), ("compile-b", false)] {
                let answer = try await api.send("POST", "/auth/v1/seed/\(namespace)/sandbox/execute", json: code)
                #expect(answer.status == 200)
                let execution = try answer.decoded(Execution.self)
                #expect(execution.status == .succeeded)
                #expect(execution.stdout.text == "once [x]\n")
                #expect(execution.compile?.cached == isCached)
                #expect(execution.compile?.exitCode == 0)
                #expect(execution.compile.map { isCached ? $0.durationMilliseconds == 0 : true } ?? false)
            }
        }

        @Test func aKeptProgramFindsItselfAsTheCompilerLeftIt() async throws {
            let code = """
                package main
                import ("fmt"; "os"; "syscall")
                func main() {
                    path, _ := os.Readlink("/proc/self/exe")
                    var file syscall.Stat_t
                    syscall.Stat(path, &file)
                    fmt.Println(path, file.Mode, file.Uid, file.Gid, file.Nlink)
                    for number := 0; number < 64; number++ {
                        var open syscall.Stat_t
                        if syscall.Fstat(number, &open) == nil { fmt.Println("open", number, open.Mode) }
                    }
                    entries, _ := os.ReadDir(".")
                    for _, entry := range entries { fmt.Println(entry.Name(), entry.Type()) }
                }
                """
            let compiled = try await api.execute("go", code)
            let kept = try await api.execute("go", code)
            #expect(compiled.compile?.cached == false)
            #expect(kept.compile?.cached == true)
            #expect(kept.stdout.text == compiled.stdout.text)
            #expect(kept.stdout.text.hasPrefix("/tmp/.outpost/.made/main 33261 1000 1000 1\nopen 0"), "\(kept)")
        }

        @Test func aCompiledProgramsOwnFailureIsNotTheCompilers() async throws {
            let execution = try await api.execute("go", "package main\nimport \"os\"\nfunc main() { os.Exit(3) }\n")
            #expect(execution.status == .failed)
            #expect(execution.exitCode == 3)
            #expect(execution.compile?.exitCode == 0)
        }

        @Test(arguments: [
            ("py", "print('hello')"), ("js", "console.log('hello')"), ("sh", "echo hello"),
        ]) func aLanguageGoesByItsAliases(_ alias: String, _ code: String) async throws {
            let execution = try await api.execute(alias, code)
            #expect(execution.stdout.text == "hello\n")
        }

        @Test(arguments: [
            ("a module", "import os from 'node:os'; console.log(typeof os.cpus)"),
            ("a module that awaits", "console.log(typeof (await import('node:os')).cpus)"),
            ("CommonJS", "console.log(typeof require('os').cpus)"),
        ]) func nodeTakesModulesAndCommonJS(_ name: String, _ code: String) async throws {
            let execution = try await api.execute("node", code)
            #expect(execution.stdout.text == "function\n", "\(execution.stderr.text)")
        }

        @Test(arguments: ["sandbox", "sandbox/execute"])
        func anUnknownLanguageIsRefusedWithTheKnownOnes(_ path: String) async throws {
            let code: JSONValue = path == "sandbox" ? ["language": "cobol"] : ["language": "cobol", "code": ""]
            let answer = try await api.send("POST", "/auth/v1/seed/default/\(path)", json: code)
            #expect(answer.status == 400)
            let error = try answer.error()
            #expect(error.code == .invalidRequest)
            for hello in Hello.all { #expect(error.message.contains(hello.language)) }
            #expect(error.details.map(\.field) == ["language"])
        }

        @Test func aSandboxRunsAnotherLanguageWhenAsked() async throws {
            try await api.withSandbox(["language": "python"]) { sandbox in
                let execution = try await api.exec(sandbox, ["language": "bash", "code": "echo hello"])
                #expect(execution.stdout.text == "hello\n")
            }
        }

        @Test func theListSaysWhatThisHostRuns() async throws {
            let page = try await api.send("GET", "/auth/v1/languages").decoded(Page<LanguageReply>.self)
            #expect(Set(page.items.map(\.name)).isSuperset(of: Hello.all.map(\.language)))
            for language in page.items where language.available {
                #expect(language.version?.contains(/\d+\.\d+/) ?? false, "\(language)")
            }
        }
    }
}
