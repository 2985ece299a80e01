// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    /// Runtimes fit themselves into what a run may use.
    @Suite(.serialized) struct LearnedLimits {
        let api: APIClient

        init() throws { api = try SharedServer.server.api }

        /// Makes garbage, of which a part lives for a while.
        private static let garbage = """
            const kept = [];
            for (let round = 0; round < ROUNDS; round++) {
                const part = [];
                for (let i = 0; i < COUNT; i++) part.push(MAKE);
                kept.push(part);
                if (kept.length > KEEP) kept.shift();
            }
            console.log('ok');
            """

        @Test(arguments: [
            (128, 150, 20_000, 8, "{a: i, b: String(i)}"), (128, 300, 10_000, 10, "[i, i + 0.5, round]"),
            (96, 200, 5000, 10, "{a: {b: {c: i}}}"), (128, 400, 20_000, 2, "'x' + i + round"),
            (128, 200, 20_000, 5, "() => i"), (192, 200, 30_000, 10, "{a: i, b: [i]}"),
            (256, 200, 60_000, 10, "{a: i, b: String(i)}"), (128, 100, 2000, 10, "new Map([[i, round]])"),
            (128, 200, 5000, 10, "new Set([i])"), (512, 100, 100_000, 10, "{a: i, b: String(i)}"),
        ])
        func nodeCollectsItsGarbageInTime(memory: Int, rounds: Int, count: Int, keep: Int, make: String) async throws {
            var code = Self.garbage
            for (name, value) in [("ROUNDS", "\(rounds)"), ("COUNT", "\(count)"), ("KEEP", "\(keep)"), ("MAKE", make)] {
                code.replace(name, with: value)
            }
            let limits: JSONValue = [
                "resource_limits": ["memory_mb": .integer(Int64(memory))], "cpu_time_ms": 60_000, "timeout_secs": 300,
            ]
            let execution = try await api.execute("node", code, limits)
            #expect(execution.status == .succeeded, "\(execution)")
            #expect(execution.stdout.text == "ok\n")
        }

        /// Node.js ends itself when its heap is full, and the kernel ends what is outside of it.
        @Test(
            arguments: [96, 128, 256, 512],
            ["new Array(1e5).fill(1.5)", "{a: {b: String(Math.random())}}", "Buffer.alloc(1 << 20, 1)"])
        func whatIsKeptWithoutEndIsOutOfMemory(memory: Int, kept: String) async throws {
            let limits: JSONValue = ["resource_limits": ["memory_mb": .integer(Int64(memory))], "timeout_secs": 300]
            let execution = try await api.execute("node", "const kept = []; for (;;) kept.push(\(kept))", limits)
            #expect(execution.status == .outOfMemory, "\(execution.stderr.text)")
            #expect(execution.exitCode == nil)
        }

        /// What a program says is no proof, and a heap that a client made small is the client's.
        @Test(
            arguments: [
                ("console.error('JavaScript heap out of memory'); process.abort()", []),
                ("const kept = []; for (;;) kept.push({})", [["NODE_OPTIONS", "--max-old-space-size=64"]]),
            ] as [(String, [JSONValue])])
        func anotherEndIsNot(code: String, variables: [JSONValue]) async throws {
            let execution = try await api.execute("node", code, ["env": .array(variables), "timeout_secs": 300])
            #expect(execution.status == .failed)
            #expect(execution.signal == "SIGABRT")
        }

        @Test func aClientsOwnOptionsHold() async throws {
            let code = "console.log(v8 = require('v8').getHeapStatistics().heap_size_limit >> 20)"
            let execution = try await api.execute(
                "node", code, ["env": [["NODE_OPTIONS", "--max-old-space-size=1000"]]])
            #expect((1000...1200).contains(Int(execution.stdout.text.dropLast()) ?? 0), "\(execution.stderr.text)")
        }
    }
}
