// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import OutpostAPI
import OutpostClient
import OutpostCore
import Synchronization

/// One connection between the terminal of this process and a process in a sandbox.
struct TerminalSession: Sendable {
    typealias Use = @Sendable (ProcessConnection) async throws -> Void
    typealias Take = @Sendable (ProcessConnection.Event) async throws -> Void

    /// How the session ended from this side.
    private enum LocalEnd: Error {
        case signal(Int32)
        /// The user typed `~.`, or the terminal is gone.
        case detached
    }

    /// Whether the process has a terminal, and this one becomes its raw end.
    let isRaw: Bool
    /// Whether standard input goes to the process.
    let sendsInput: Bool

    /// Connects both until the process has ended or the session ends on this side. The terminal is as before afterwards.
    ///
    /// - Returns: the ended process; nil when the user has detached.
    /// - Throws: the exit code after a signal; the errors of `connect`.
    func run(
        _ connect: @escaping @Sendable (@escaping Use, @escaping Take) async throws -> SandboxProcess?
    ) async throws -> SandboxProcess? {
        let screen = Mutex(ScreenState())
        let raw = isRaw && RawTerminal.isPresent
        let signals = LocalSignals([SIGWINCH, SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGCONT, SIGTSTP])
        let numbers = signals.numbers
        if raw { try RawTerminal.begin() }
        defer {
            RawTerminal.end()
            signals.end()
        }
        do {
            return try await connect {
                try await use($0, numbers, raw: raw)
            } _: { event in
                guard case .output(let stream, let bytes) = event else { return }
                if raw { screen.withLock { $0.saw(bytes) } }
                switch stream {
                case .stdout: try Output.write(bytes)
                case .stderr: try Output.writeError(bytes)
                }
            }
        } catch {
            RawTerminal.end()
            // The remote program had no chance to clean up.
            if raw { Output.warn(screen.withLock { $0.cleanUp }) }
            switch error as? LocalEnd {
            case .detached: return nil
            case .signal(let number): throw ExitCode.signal(number)
            case nil: throw error
            }
        }
    }

    private func use(_ connection: ProcessConnection, _ signals: AsyncStream<Int32>, raw: Bool) async throws {
        if isRaw, let size = RawTerminal.size { try await connection.send(.resize(size)) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await follow(signals, connection) }
            if sendsInput { group.addTask { try await sendInput(to: connection, raw: raw) } }
            // `waitForAll` would wait for the keyboard also after an error.
            while try await group.next() != nil {}
        }
        // The connection would close when this returns.
        try await Task.sleep(for: .seconds(315_360_000))
    }

    private func sendInput(to connection: ProcessConnection, raw: Bool) async throws {
        let keyboard = Keyboard()
        var keys = EscapeKeys()
        for await bytes in keyboard.pieces {
            let (send, ends) = raw ? keys.filter(bytes) : (bytes, false)
            guard await isSent({ () throws(OutpostError) in try await connection.write(send) }) else { return }
            if ends { throw LocalEnd.detached }
            keyboard.take()
        }
        try Task.checkCancellation()
        if raw { throw LocalEnd.detached }
        _ = await isSent { () throws(OutpostError) in try await connection.send(.end) }
    }

    /// Sends. When the connection is gone, the reader of the events tells why, after the last output.
    private func isSent(_ send: () async throws(OutpostError) -> Void) async -> Bool {
        do throws(OutpostError) {
            try await send()
            return true
        } catch {
            return false
        }
    }

    private func follow(_ signals: AsyncStream<Int32>, _ connection: ProcessConnection) async throws {
        for await number in signals {
            switch number {
            case SIGTSTP:
                RawTerminal.suspend()
                raise(SIGSTOP)
            case SIGCONT, SIGWINCH:
                if number == SIGCONT { try RawTerminal.resume() }
                if isRaw, let size = RawTerminal.size {
                    _ = await isSent { () throws(OutpostError) in try await connection.send(.resize(size)) }
                }
            default: throw LocalEnd.signal(number)
            }
        }
    }
}
