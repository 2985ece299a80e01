// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    /// What a person at a shell sees.
    @Suite(.serialized) struct CommandLine {
        let server: ServerFixture

        init() throws { server = try SharedServer.server }

        @Test func theQuickStartWorksFromAShell() async throws {
            let launched = try await server.outpost(
                ["sandbox", "launch"], ["--language", "python", "--mode", "stateful", "--memory", "512"])
            #expect(launched.exitCode == 0, "\(launched.stderr)")
            let id = launched.stdout.trimmingCharacters(in: .newlines)
            #expect(SandboxID(id) != nil)
            let executed = try await server.outpost(["sandbox", "exec"], [id, "-c", "print(2 + 2)"])
            #expect(executed.stdout == "4\n")
            #expect(executed.stderr == "")
            #expect(executed.exitCode == 0)
            let listed = try await server.outpost(["sandbox", "list"], ["--json"])
            let page = try Page<Sandbox>(reply: Array(listed.stdout.utf8))
            #expect(page.items.contains { $0.id.rawValue == id })
            #expect(try await server.outpost(["sandbox", "status"], [id]).stdout.contains("512"))
            #expect(try await server.outpost(["sandbox", "delete"], [id]).exitCode == 0)
            let gone = try await server.outpost(["sandbox", "status"], [id])
            #expect(gone.exitCode == 1)
            #expect(gone.stderr.hasPrefix("outpost: "))
            #expect(gone.stderr.contains("req_"))
        }

        @Test func aProgramsInputOutputAndExitCodePassThrough() async throws {
            try await TemporaryDirectory.with { folder in
                let code =
                    "import sys\nprint(sys.argv[1:], sys.stdin.read())\nprint('error', file=sys.stderr)\nsys.exit(37)"
                let script = folder + "/script.py"
                try Data(code.utf8).write(to: URL(fileURLWithPath: script))
                let ran = try await server.outpost(["run"], [script, "--", "--flag", "a b"], input: "from a pipe")
                #expect(ran.stdout == "['--flag', 'a b'] from a pipe\n")
                #expect(ran.stderr == "error\n")
                #expect(ran.exitCode == 37)
            }
        }

        @Test("A shell takes the script of completions", arguments: ["bash", "zsh", "fish"])
        func aShellTakesTheScriptOfCompletions(shell: String) async throws {
            let printed = try await ServerBinary.run(["completions", shell])
            #expect(printed.exitCode == 0, "\(printed.stderr)")
            for word in ["sandbox", "executions", "memory"] { #expect(printed.stdout.contains(word), "\(word)") }
        }

        @Test func bashCompletesACommand() async throws {
            let printed = try await ServerBinary.run(["completions", "bash"])
            let words = "COMP_WORDS=(outpost sandbox la) COMP_CWORD=2; _outpost outpost la sandbox; "
            let check = words + "printf '%s\\n' \"${COMPREPLY[@]}\"\n"
            try await TemporaryDirectory.with { folder in
                let script = folder + "/complete"
                try Data((printed.stdout + check).utf8).write(to: URL(fileURLWithPath: script))
                let completed = try await HostCommand.run("bash", script)
                #expect(completed.split(whereSeparator: \.isWhitespace) == ["launch"])
            }
        }

        @Test func anUnknownShellIsWrongUsage() async throws {
            let refused = try await ServerBinary.run(["completions", "powershell"])
            #expect(refused.exitCode == 2)
            #expect(refused.stderr.contains("bash"))
        }

        @Test func codeMayComeFromStandardInput() async throws {
            let ran = try await server.outpost(["run"], ["-", "--language", "python"], input: "print(1 + 1)")
            #expect(ran.stdout == "2\n")
            #expect(ran.exitCode == 0)
        }

        @Test func inputThatJSONWouldEnlargePasses() async throws {
            let zeros = String(repeating: "\0", count: 2_000_000)
            let code = "import sys, os; print(len(sys.stdin.read()), os.path.getsize('zeros') if sys.argv[1:] else '')"
            let read = try await server.outpost(["run"], ["-c", code, "--language", "python"], input: zeros)
            #expect(read.stdout == "2000000 \n", "\(read.stderr)")
            try await TemporaryDirectory.with { folder in
                let path = folder + "/zeros"
                try Data(repeating: 0, count: 3_000_000).write(to: URL(fileURLWithPath: path))
                let sent = try await server.outpost(
                    ["run"], ["-c", code, "--language", "python", "--file", path, "--", "x"])
                #expect(sent.stdout == "0 3000000\n", "\(sent.stderr)")
            }
        }

        @Test(arguments: [11_000_000, 80_000_000]) func aTooLargeInputGetsTheServersRefusal(size: Int) async throws {
            let input = String(repeating: "a", count: size)
            let ran = try await server.outpost(["run"], ["-c", "cat", "--language", "bash", "--json"], input: input)
            #expect(ran.exitCode == 1)
            #expect(ran.stderr.contains("the body is larger than 10485760 bytes"), "\(ran.stderr)")
        }

        @Test func aClosedStandardInputIsEmpty() async throws {
            let connection = [
                "--url", "http://127.0.0.1:\(server.port)", "--token", try server.dataDirectory.adminToken(),
            ]
            let process = Process()
            let output = Pipe()
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            process.arguments =
                ["-c", "exec \"$@\" <&-", "sh", try ServerBinary.path(), "run"] + connection
                + ["-c", "wc -c", "--language", "bash"]
            process.standardOutput = output
            process.standardError = output
            try process.run()
            let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
            #expect(text == "0\n")
        }

        @Test(arguments: [
            (["-c", "sleep 60", "--language", "bash", "--timeout", "0.5"], 124),
            (["-c", "kill -TERM $$", "--language", "bash"], 143),
            (
                ["-c", "x = []\nwhile True: x.append(bytearray(1 << 20))", "--language", "python", "--memory", "48"],
                137
            ),
            (["-c", "exit 5", "--language", "bash"], 5), (["-c", "x", "--language", "cobol"], 1),
            (["--no-such-option"], 2),
        ]) func theExitCodeSaysHowItEnded(_ arguments: [String], _ code: Int) async throws {
            let ran = try await server.outpost(["run"], arguments)
            #expect(ran.exitCode == code, "\(ran.stderr)")
        }

        @Test func tokensAreMadeAndRevoked() async throws {
            let created = try await server.outpost(["token", "create"], ["from-a-shell", "--json"])
            let token = try #require(try TokenReply(reply: Array(created.stdout.utf8)).token)
            let bearer = server.api.with(authorization: "Bearer \(token)")
            #expect(try await bearer.send("GET", bearer.sandboxPath()).status == 200)
            #expect(try await server.outpost(["token", "list"], []).stdout.contains("from-a-shell"))
            #expect(try await server.outpost(["token", "revoke"], ["from-a-shell"]).exitCode == 0)
            #expect(try await bearer.send("GET", bearer.sandboxPath()).status == 401)
        }

        @Test func theLanguagesAreListed() async throws {
            let listed = try await server.outpost(["language", "list"], [])
            for hello in Hello.all { #expect(listed.stdout.contains(hello.language)) }
        }

        @Test func aServerThatIsNotThereIsSaidToBeNotThere() async throws {
            let ran = try await ServerBinary.run(["sandbox", "list", "--url", "http://127.0.0.1:1", "--token", "x"])
            #expect(ran.exitCode == 1)
            #expect(ran.stderr.contains("http://127.0.0.1:1"))
        }

        @Test func theDoctorSaysWhatThisHostOffers() async throws {
            let ran = try await ServerBinary.run(["doctor"])
            #expect(ran.exitCode == 0, "\(ran.stdout)\(ran.stderr)")
            for subject in ["cgroup", "overlay", "seccomp", "python"] {
                #expect(ran.stdout.lowercased().contains(subject), "\(subject)")
            }
        }
    }
}
