// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    @Suite(.serialized) struct MemoryLimit {
        let api: APIClient

        init() throws { api = try SharedServer.server.api }

        private static let hog = "blocks = []\nwhile True: blocks.append(bytearray(1 << 20))"

        @Test(
            arguments: [
                ("the program", hog, .outOfMemory),
                (
                    "its child",
                    "import subprocess, sys\nsubprocess.run([sys.executable, '-c', '''\(hog)'''])\nimport time; time.sleep(600); print('survived')",
                    .outOfMemory
                ),
                (
                    // It holds half of the memory, so it is full before the memory is: a disk that is full.
                    "shared memory",
                    "block = b'x' * (1 << 20)\nwith open('/dev/shm/hog', 'wb', 0) as file:\n  for _ in range(300): file.write(block)",
                    .diskFull
                ),
            ] as [(String, String, ExecutionStatus)]) func memoryRunsOutBy(
                _ name: String, _ code: String, _ status: ExecutionStatus
            ) async throws
        {
            let execution = try await api.execute(
                "python", "print('before', flush=True)\n" + code, limits(["memory_mb": 64]))
            #expect(execution.status == status)
            #expect(execution.stdout.text == "before\n")
            #expect(execution.memoryPeakBytes <= 64 << 20)
        }

        @Test func aRunThatIsOutOfMemoryEndsAsAWhole() async throws {
            let execution = try await api.execute(
                "python", Self.hog, limits(["memory_mb": 48]))
            #expect(execution.status == .outOfMemory)
            #expect(execution.exitCode == nil)
            #expect(execution.signal == "SIGKILL")
            #expect(execution.memoryPeakBytes > 40 << 20)
        }

        @Test func aLimitOfOneRunIsNotTheNextOnes() async throws {
            let code = "x = bytearray(120 << 20)\nprint(len(x) >> 20)"
            try await api.withSandbox(["language": "python", "mode": "stateful"]) { sandbox in
                let narrow = try await api.exec(
                    sandbox, ["code": .string(code), "resource_limits": ["memory_mb": 64]])
                #expect(narrow.status == .outOfMemory)
                let wide = try await api.exec(sandbox, code: code)
                #expect(wide.stdout.text == "120\n")
                #expect((120 << 20..<200 << 20).contains(wide.memoryPeakBytes))
            }
        }

        @Test func addressSpaceThatIsNotTouchedIsFree() async throws {
            // 0x4000 is MAP_NORESERVE, as language runtimes reserve address space.
            let code = """
                import mmap
                x = mmap.mmap(-1, 1 << 40, flags=mmap.MAP_PRIVATE | 0x4000)
                print(len(x) >> 40)
                """
            #expect(try await api.execute("python", code).stdout.text == "1\n")
        }

        private func limits(_ limits: JSONValue) -> JSONValue {
            ["resource_limits": limits]
        }
    }
}
