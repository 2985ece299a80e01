// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Testing

@testable import OutpostEngine

/// Which processes can be found, and for how long.
struct ProcessBookTests {
    private let sandbox = SandboxID()
    private static let plenty = 1 << 30

    private func process(in sandbox: SandboxID? = nil, output: Int = 0) -> LiveProcess {
        let process = LiveProcess(
            ProcessRequest(program: .command(["a"])), command: ["a"], in: sandbox ?? self.sandbox, .default
        ) { Timestamp(milliseconds: 0) }
        _ = process.output.append([UInt8](repeating: 0, count: output)[...], to: .stdout, in: OutputRecord()) {}
        return process
    }

    private func end(_ process: LiveProcess, _ book: inout ProcessBook, limit: Int = plenty) {
        process.end(.failure(OutpostError(.internal, "lost")))
        book.end(process, limit: limit)
    }

    @Test func ofEachSandboxAHundredEndedOnesAreKept() throws {
        var book = ProcessBook()
        let running = process()
        try book.begin(running)
        for _ in 0...ProcessBook.mostEnded {
            let process = process()
            try book.begin(process)
            end(process, &book)
        }
        #expect(book.processes(of: sandbox, .default).count == ProcessBook.mostEnded + 1)
        #expect(book.running.map(\.id) == [running.id])
    }

    @Test func theOldestAreDroppedWhenTheNamespaceHasTooMuch() throws {
        var book = ProcessBook()
        let others = [SandboxID(), SandboxID(), SandboxID()]
        for other in others {
            let process = process(in: other, output: 100_000)
            try book.begin(process)
            end(process, &book, limit: 250_000)
        }
        #expect(others.map { book.processes(of: $0, .default).count } == [0, 1, 1])
        #expect(book.bytes(of: .default) <= 250_000)
    }

    @Test func aForgottenOneIsNotKeptWhenItEnds() throws {
        var book = ProcessBook()
        let process = process()
        try book.begin(process)
        book.drop(process)
        end(process, &book)
        #expect(book.processes(of: sandbox, .default).isEmpty)
        #expect(book.bytes(of: .default) == 0)
    }

    @Test func aLongCommandIsCutInTheRecord() {
        let command = ["a", String(repeating: "x", count: 100_000), "b"]
        let process = LiveProcess(
            ProcessRequest(program: .command(command)), command: command, in: sandbox, .default
        ) { Timestamp(milliseconds: 0) }
        #expect(process.record.command.count == 2)
        #expect(process.record.command.joined().utf8.count < 2 * LiveProcess.longestCommand)
    }
}
