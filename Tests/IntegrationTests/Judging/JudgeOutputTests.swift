// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    /// Output above the limit, and memory below it.
    @Suite(.serialized) struct JudgeOutput {
        let api: APIClient

        init() throws { api = try SharedServer.server.api }

        /// Each of them would go on until its time is over.
        @Test(arguments: [
            ("bash", "yes"), ("bash", "while :; do echo line; done"), ("bash", "cat /dev/zero"),
            ("bash", "(yes &) ; sleep 600"), ("bash", "yes; sleep 600"), ("python", "while True: print('x' * 100)"),
            ("python", "import sys\nwhile True: sys.stdout.buffer.write(b'\\xff' * 65536)"),
            ("python", "import os\nos.fork()\nwhile True: os.write(1, b'x' * 4096)"),
            ("python", "import time\nprint('x' * 300_000, flush=True)\ntime.sleep(600)"),
            ("node", "const s = 'x'.repeat(1000); const f = () => process.stdout.write(s, f); f()"),
            (
                "python",
                "import os\nos.set_blocking(1, False)\nwhile True:\n  try: os.write(1, b'x' * 4096)\n  except BlockingIOError: pass"
            ),
        ]) func endlessOutputEndsTheTestWhenItPassesTheLimit(_ language: String, _ code: String) async throws {
            let execution = try await api.judge(
                language, code, [["time_limit_ms": 100_000, "wall_time_limit_ms": 300_000]],
                ["resource_limits": ["max_output_bytes": 200_000]])
            #expect(execution.verdicts == [.outputLimitExceeded], "\(execution)")
            let test = try #require(execution.tests?.first)
            #expect(test.signal == "SIGKILL")
            #expect(test.limit == nil)
            #expect(test.stdout.isTruncated)
            // A small part of what it might have used.
            #expect(test.cpuTimeMilliseconds < 10_000)
        }

        @Test func anOrdinaryRunGoesOnAboveItsLimit() async throws {
            let execution = try await api.execute(
                "bash", "head -c 300000 /dev/zero; echo end >&2", ["resource_limits": ["max_output_bytes": 1000]])
            #expect(execution.status == .succeeded)
            #expect(execution.stderr.text == "end\n")
        }

        /// What it writes to files is not its memory, and nothing is above the limit.
        @Test(arguments: [
            ("python", "open('big', 'wb').write(bytes(1 << 20) * 60)", 120),
            ("bash", "head -c 80M /dev/zero > big", 20),
            ("bash", "for i in 1 2 3 4 5 6 7 8; do head -c 10M /dev/zero > $i; done", 20),
            ("bash", "head -c 80M /dev/zero > /tmp/big", 20), ("bash", "head -c 80M /dev/zero > /dev/shm/big", 20),
            ("bash", "head -c 80M /dev/zero > big; cat big > copy", 20),
            ("python", "x = bytearray(80 << 20)", 100), ("python", "x = bytearray(80 << 20); del x", 100),
            (
                "python",
                "x = bytearray(40 << 20)\nwith open('f', 'wb') as f: [f.write(bytes(1 << 20)) for _ in range(60)]", 70
            ),
            ("bash", "true", 10),
            (
                "python",
                "import mmap\nm = mmap.mmap(-1, 60 << 20, flags=mmap.MAP_PRIVATE)\nm.write(bytes(1 << 20) * 1)", 30
            ),
        ]) func memoryIsTheProgramsOwn(_ language: String, _ code: String, mostMiB: Int) async throws {
            let execution = try await api.judge(language, code, [["memory_limit_mb": 256]])
            #expect(execution.verdicts == [.accepted], "\(execution)")
            let test = try #require(execution.tests?.first)
            #expect(test.memoryPeakBytes > 0)
            #expect(test.memoryPeakBytes <= mostMiB << 20)
        }

        @Test(arguments: ["x = bytearray(400 << 20)", "x = []\nwhile True: x.append('x' * 1000)"])
        func memoryThatRanOutIsTheWholeLimitAndNotMore(code: String) async throws {
            let execution = try await api.judge("python", code, [["memory_limit_mb": 64]])
            #expect(execution.verdicts == [.memoryLimitExceeded])
            let peak = try #require(execution.tests?.first).memoryPeakBytes
            #expect(peak <= 64 << 20 && peak > 60 << 20)
        }
    }
}
