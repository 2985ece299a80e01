// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostClient
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    /// A person at a terminal in a sandbox.
    @Suite(.serialized) struct ProcessTerminals {
        let server: ServerFixture

        init() throws { server = try SharedServer.server }

        @Test func aLoginShellAnswersAndEndsWithItsExitCode() async throws {
            try await server.withClient { client, sandbox in
                let ended = try await client.terminal(in: sandbox) { shell, screen in
                    try await shell.type("echo answer=$((6*7))\n")
                    try await screen.wait(for: "answer=42")
                    try await shell.type("exit 5\n")
                    try await shell.waitForEnd()
                }
                #expect(ended?.status == .exited)
                #expect(ended?.exitCode == 5)
                #expect(ended?.terminal == .ordinary)
            }
        }

        @Test func aTerminalHasASizeAndATypeAndCanBeResized() async throws {
            try await server.withClient { client, sandbox in
                let size = ProcessTerminal(rows: 30, columns: 100)
                try await client.terminal(in: sandbox, .init(size: size, type: "vt100")) { shell, screen in
                    try await shell.type("echo size: $(stty size) $TERM\n")
                    try await screen.wait(for: "size: 30 100 vt100")
                    let loop =
                        "trap 'echo changed: $(stty size)' WINCH; echo ready=$((1+1)); while :; do sleep 0.1; done"
                    try await shell.type("sh -c \"\(loop.replacing("$", with: "\\$"))\"\n")
                    try await screen.wait(for: "ready=2")
                    try await shell.send(.resize(ProcessTerminal(rows: 11, columns: 77)))
                    try await screen.wait(for: "changed: 11 77")
                }
            }
        }

        @Test func controlKeysSignalTheJobInTheForeground() async throws {
            try await server.withClient { client, sandbox in
                try await client.terminal(in: sandbox) { shell, screen in
                    try await shell.type(
                        "sh -c 'trap \"echo caught; exit\" INT; echo ready=$((1+1)); sleep 1000 & wait'\n")
                    try await screen.wait(for: "ready=2")
                    try await shell.type("\u{3}")
                    try await screen.wait(for: "caught")
                    try await shell.type("echo next=$((2+1)); sleep 1000\n")
                    try await screen.wait(for: "next=3")
                    try await shell.type("\u{1A}")
                    try await screen.wait(for: "Stopped")
                    try await shell.type("kill %1; wait; echo last=$((2+2))\n")
                    try await screen.wait(for: "last=4")
                }
            }
        }

        @Test func charactersStayWhole() async throws {
            try await server.withClient { client, sandbox in
                let text = String(repeating: "üß€漢字😀", count: 3000)
                let command =
                    "stty -echo; head -c \(text.utf8.count) > /tmp/text; cat /tmp/text; echo; echo end=$((1+1))"
                try await client.terminal(
                    in: sandbox, .init(command: "stty raw -echo; echo ready=$((1+1)); " + command)
                ) {
                    shell, screen in
                    try await screen.wait(for: "ready=2")
                    // Each message ends in the middle of a character.
                    let bytes = Array(text.utf8)
                    for start in stride(from: 0, to: bytes.count, by: 1001) {
                        try await shell.write(Array(bytes[start..<min(start + 1001, bytes.count)]))
                    }
                    try await screen.wait(for: "end=2")
                    #expect(screen.text.contains(text))
                }
            }
        }

        @Test func tenMegabytesArriveWhole() async throws {
            try await server.withClient { client, sandbox in
                let screen = Screen()
                let ended = try await client.openTerminal(
                    in: sandbox, .init(command: "stty -opost; yes | head -c 10M")
                ) {
                    try await $0.waitForEnd()
                } taking: { event in
                    if case .output(_, let bytes) = event { screen.add(bytes) }
                }
                #expect(ended?.exitCode == 0)
                #expect(screen.count == 10 << 20)
            }
        }

        @Test func whatRunsInATerminalEndsWithTheConnection() async throws {
            try await server.withClient { client, sandbox in
                try await client.terminal(in: sandbox) { shell, screen in
                    try await shell.type("(trap '' HUP; echo ready=$((1+1)); exec sleep 876543)\n")
                    try await screen.wait(for: "ready=2")
                }
                #expect(
                    try await eventually {
                        try await client.shell("pgrep -c -f '[s]leep 876543'", in: sandbox) == "0\n"
                    })
                #expect(try await client.listProcesses(in: sandbox).items.isEmpty)
            }
        }

        @Test func aTerminalThatIsKeptCanBeAttachedAgain() async throws {
            try await server.withClient { client, sandbox in
                try await client.terminal(in: sandbox, .init(isKept: true)) { shell, screen in
                    try await shell.type("word=left; echo ready=$((1+1))\n")
                    try await screen.wait(for: "ready=2")
                }
                let id = try #require(try await client.listProcesses(in: sandbox).items.first?.id)
                let screen = Screen()
                let ended = try await client.attach(to: id, in: sandbox, hasTerminal: true) { shell in
                    // The output from before is there.
                    try await screen.wait(for: "ready=2")
                    try await shell.type("echo I $word it; exit\n")
                    try await screen.wait(for: "I left it")
                    try await shell.waitForEnd()
                } taking: { event in
                    if case .output(_, let bytes) = event { screen.add(bytes) }
                }
                #expect(ended?.exitCode == 0)
            }
        }

        @Test func severalTerminalsAreApart() async throws {
            try await server.withClient { client, sandbox in
                try await client.terminal(in: sandbox) { one, first in
                    try await client.terminal(in: sandbox) { two, second in
                        try await one.type("echo here=$(tty)\n")
                        try await two.type("echo here=$(tty)\n")
                        try await first.wait(for: "here=/dev/pts/0")
                        try await second.wait(for: "here=/dev/pts/1")
                    }
                }
            }
        }

        @Test func messagesThatAreWrongEndTheConnectionAndSayWhy() async throws {
            try await server.withClient { client, sandbox in
                let id = try await client.start(["sleep", "1000"], in: sandbox)
                for (message, reason) in [
                    (ProcessMessage.Request.signal("SIGODD"), "not the name of a signal"),
                    (.resize(.ordinary), "has no terminal"), (.resize(ProcessTerminal(rows: 0, columns: 0)), "must be"),
                ] {
                    let error = await #expect(throws: OutpostError.self) {
                        _ = try await client.attach(to: id, in: sandbox, hasTerminal: false) { connection in
                            try await connection.send(message)
                            try await connection.waitForEnd()
                        } taking: { _ in
                        }
                    }
                    #expect(error?.message.contains(reason) == true, "\(String(describing: error?.message))")
                }
                #expect(try await client.getProcess(id, in: sandbox).status == .running)
            }
        }

        @Test func refusalsBeforeTheConnectionAreOrdinaryErrors() async throws {
            try await server.withClient { client, sandbox in
                let ephemeral = try await client.createSandbox(SandboxRequest(language: "python")).id
                for (id, code) in [(SandboxID(), ErrorCode.notFound), (ephemeral, .conflict)] {
                    let error = await #expect(throws: OutpostError.self) {
                        _ = try await client.terminal(in: id) { _, _ in }
                    }
                    #expect(error?.code == code)
                }
                try await client.deleteSandbox(ephemeral)
            }
        }
    }
}
