// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    @Suite(.serialized) struct ProgramInput {
        let api: APIClient

        init() throws { api = try SharedServer.server.api }

        private static let echoInput = "import sys\nsys.stdout.buffer.write(sys.stdin.buffer.read())"
        private static let showArguments = "import json, sys\nprint(json.dumps(sys.argv[1:]))"

        @Test func standardInputIsText() async throws {
            let execution = try await api.execute("python", Self.echoInput, input("naïve\r\n\u{1F600}\0end"))
            #expect(execution.stdout.text == "naïve\r\n\u{1F600}\0end")
        }

        @Test func standardInputIsBytes() async throws {
            let bytes = (0...255).map { UInt8($0) }
            let execution = try await api.execute(
                "python", Self.echoInput, ["stdin_base64": .string(Base64.encode(bytes))])
            #expect(execution.stdout.bytes == bytes)
        }

        @Test func standardInputIsEmptyWhenNoneIsGiven() async throws {
            let execution = try await api.execute("python", Self.echoInput)
            #expect(execution.status == .succeeded)
            #expect(execution.stdout.total == 0)
        }

        @Test func inputThatNobodyReadsDelaysNothing() async throws {
            let execution = try await api.execute(
                "python", "print('done')", input(String(repeating: "x", count: 4 << 20)))
            #expect(execution.status == .succeeded)
            #expect(execution.stdout.text == "done\n")
        }

        /// In a shell, by an interpreter that waited, and by one that did not.
        @Test(
            arguments: [
                ("bash", "stat -c %a $1", "default"), ("python", Self.showMode, "default"),
                ("python", Self.showMode, "strict"),
                ("node", "console.log((require('fs').statSync(process.argv[2]).mode & 0o7777).toString(8))", "default"),
            ])
        func filesHaveTheModesThatWereAskedFor(language: String, code: String, preset: String) async throws {
            for (mode, content, expected) in [
                ("0755", "x", "755"), ("644", "#!/bin/sh", "644"), ("0400", "x", "400"), ("777", "", "777"),
                ("0000", "x", "0"), (nil, "x", "644"), (nil, "#!/bin/sh\n", "755"), (nil, "# !", "644"),
                (nil, "#!", "755"), (nil, "", "644"), (nil, "\u{FEFF}#!/bin/sh", "644"), ("0640", "x", "640"),
            ] {
                var file = JSONObject([(name: "path", value: "given/file"), (name: "content", value: .string(content))])
                if let mode { file["mode"] = .string(mode) }
                let execution = try await api.execute(
                    language, code,
                    ["files": [.object(file)], "args": ["given/file"], "security": ["preset": .string(preset)]])
                #expect(execution.stdout.text == "\(expected)\n", "\(mode ?? "no mode"), \(content)")
            }
        }

        private static let showMode = "import os, sys\nprint(oct(os.stat(sys.argv[1]).st_mode & 0o7777)[2:])"

        @Test(
            arguments: [
                ("./run.sh", "0755", 0), ("./run.sh", nil, 0), ("./run.sh", "0644", 126), ("/usr", nil, 126),
                ("/etc/hosts", nil, 126), ("/workspace", nil, 126), ("./gone.sh", nil, 127), ("nowhere", nil, 127),
                ("/usr/bin/env/x", nil, 127), ("/no/such", nil, 127),
            ] as [(String, String?, Int)])
        func aCommandThatIsThereAndCannotBeExecutedIsNotAMissingOne(
            command: String, mode: String?, code: Int
        ) async throws {
            var file = JSONObject([(name: "path", value: "run.sh"), (name: "content", value: "#!/bin/sh\nexit 0\n")])
            if let mode { file["mode"] = .string(mode) }
            let execution = try await api.execute(
                ["language": "bash", "command": [.string(command)], "files": [.object(file)]])
            #expect(execution.exitCode == code)
        }

        @Test func argumentsArriveAsTheyAre() async throws {
            let arguments = ["a b", ";", "`id`", "$(id)", "line\nbreak", "-rf", "--", "", "*", "é\u{202E}", "'\""]
            let execution = try await api.execute(
                "python", Self.showArguments,
                ["args": .array(arguments.map { .string($0) })])
            let shown = try JSONValue(parsing: execution.stdout.bytes).arrayValue?.map(\.stringValue)
            #expect(shown == arguments)
        }

        @Test func aRunsEnvironmentOverridesTheSandboxesAndTheLastOneWins() async throws {
            let request: JSONValue = ["language": "bash", "env": [["A", "sandbox"], ["B", "sandbox"]]]
            try await api.withSandbox(request) { sandbox in
                let execution = try await api.exec(
                    sandbox,
                    ["code": "echo $A,$B,$C,$HOME", "env": [["B", "run"], ["C", "x=y  z"], ["C", "last one"]]])
                #expect(execution.stdout.text == "sandbox,run,last one,/home/sandbox\n")
                let next = try await api.exec(sandbox, code: "echo $A,$B,$C")
                #expect(next.stdout.text == "sandbox,sandbox,\n")
            }
        }

        @Test func nothingOfTheServersEnvironmentIsSeen() async throws {
            let execution = try await api.execute("bash", "env")
            #expect(!execution.stdout.text.contains("OUTPOST"))
            let names = Set(execution.stdout.text.split(separator: "\n").map { String($0.prefix { $0 != "=" }) })
            #expect(names.isSuperset(of: ["HOME", "PATH"]))
            let expected: Set = [
                "HOME", "PATH", "PWD", "SHLVL", "_", "LANG", "USER", "LOGNAME", "TMPDIR", "SHELL", "TERM",
                "ASAN_OPTIONS",
            ]
            let tools = ["NODE_OPTIONS", "NPM_CONFIG_", "PIP_", "YARN_", "UV_", "CONDA_", "CARGO_", "BUNDLE_"]
            let others = names.subtracting(expected).filter { name in !tools.contains { name.hasPrefix($0) } }
            #expect(others == [])
        }

        @Test func filesAreWrittenFirstWithTheirFolders() async throws {
            let files: JSONValue = [
                ["path": "data/deep/text.txt", "content": "text\n"],
                ["path": "/tmp/other/binary", "content_base64": "AAH/"],
                ["path": "helper.py", "content": "def answer(): return 42"],
            ]
            let code = """
                import helper
                print(open('data/deep/text.txt').read(), open('/tmp/other/binary', 'rb').read(), helper.answer())
                """
            let execution = try await api.execute(
                "python", code, ["files": files])
            #expect(execution.stdout.text == "text\n b'\\x00\\x01\\xff' 42\n", "\(execution.stderr.text)")
        }

        @Test func aCommandIsRunWithoutAShell() async throws {
            try await api.withSandbox(["language": "python"]) { sandbox in
                let execution = try await api.exec(
                    sandbox, ["command": ["printf", "%s|", "$HOME", "a b", ";"], "args": ["last"]])
                #expect(execution.stdout.text == "$HOME|a b|;|last|")
            }
        }

        @Test func aCommandThatIsNotThereIsAFailureOfTheRun() async throws {
            let execution = try await api.execute(["language": "bash", "command": ["no-such-program"]])
            #expect(execution.status == .failed)
            #expect(execution.stderr.text.contains("no-such-program"))
        }

        @Test func aProgramStartsInItsWorkingDirectory() async throws {
            let request: JSONValue = ["language": "bash", "working_dir": "/home/sandbox/project/deep"]
            try await api.withSandbox(request) { sandbox in
                #expect(try await api.exec(sandbox, code: "pwd").stdout.text == "/home/sandbox/project/deep\n")
                let other = try await api.exec(sandbox, ["code": "pwd", "working_dir": "/tmp"])
                #expect(other.stdout.text == "/tmp\n")
            }
        }

        @Test func aWorkingDirectoryThatCannotBeHadIsRefused() async throws {
            let answer = try await api.send(
                "POST", api.sandboxPath("/execute"),
                json: ["language": "bash", "code": "pwd", "working_dir": "/proc/none"])
            #expect(answer.status == 400)
            #expect(try answer.error().details.map(\.field) == ["working_dir"], "\(answer)")
        }

        private func input(_ text: String) -> JSONValue { ["stdin": .string(text)] }
    }
}
