// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostClient
import OutpostCore
import OutpostTesting
import Synchronization

extension ServerFixture {
    /// Runs `body` with the Swift client of this server and a stateful sandbox, which is deleted afterwards.
    @discardableResult
    func withClient<Value: Sendable>(
        _ body: (OutpostClient, SandboxID) async throws -> Value
    ) async throws -> Value {
        let configuration = try OutpostClient.Configuration(
            url: "http://127.0.0.1:\(port)", token: try dataDirectory.adminToken())
        return try await OutpostClient.withConnection(configuration) { client in
            let request = SandboxRequest(language: "python", mode: .stateful)
            let sandbox = try await client.createSandbox(request).id
            let value = try await body(client, sandbox)
            try await client.deleteSandbox(sandbox)
            return value
        }
    }
}

extension OutpostClient {
    /// Starts a command.
    func start(
        _ command: [String], in sandbox: SandboxID, stdin: Bool = false, name: String? = nil
    ) async throws -> ProcessID {
        try await startProcess(
            ProcessRequest(program: .command(command), takesInput: stdin, name: name), in: sandbox
        ).id
    }

    /// Runs a shell script in the sandbox and returns what it writes.
    func shell(_ script: String, in sandbox: SandboxID) async throws -> String {
        let execution = try await exec(
            ExecutionRequest(program: .command(["sh", "-c", script]), concurrent: true), in: sandbox)
        return String(decoding: execution.stdout.bytes + execution.stderr.bytes, as: UTF8.self)
    }
}

/// What a person sees on a terminal, and what types into it.
final class Screen: Sendable {
    private let bytes = Mutex<[UInt8]>([])

    func add(_ part: [UInt8]) { bytes.withLock { $0 += part } }

    var text: String { String(decoding: bytes.withLock { $0 }, as: UTF8.self) }
    var count: Int { bytes.withLock { $0.count } }

    /// Waits until the text has `pattern`.
    func wait(for pattern: String) async throws {
        guard try await eventually({ text.contains(pattern) }) else {
            throw FixtureError("no \(pattern) in \(text.suffix(2000))")
        }
    }
}

extension OutpostClient {
    /// Opens a terminal, and types into it until `use` returns.
    ///
    /// - Returns: the ended process; nil when it still ran.
    @discardableResult
    func terminal(
        in sandbox: SandboxID, _ query: TerminalQuery = .init(),
        _ use: @escaping @Sendable (ProcessConnection, Screen) async throws -> Void
    ) async throws -> SandboxProcess? {
        let screen = Screen()
        return try await openTerminal(in: sandbox, query) {
            try await use($0, screen)
        } taking: { event in
            if case .output(_, let bytes) = event { screen.add(bytes) }
        }
    }
}

extension ProcessConnection {
    /// Types a text.
    func type(_ text: String) async throws { try await write(Array(text.utf8)) }

    /// Waits for the end of the process. The connection ends before this returns.
    func waitForEnd() async throws { try await Task.sleep(for: .seconds(300)) }
}
