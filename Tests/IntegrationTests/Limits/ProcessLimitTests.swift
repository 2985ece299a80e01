// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    /// Limits that a program has by itself: its stack and the largest file.
    @Suite(.serialized) struct ProcessLimits {
        let api: APIClient

        init() throws { api = try SharedServer.server.api }

        @Test(arguments: [
            ("ulimit -s", "{}", "8192"), ("ulimit -Hs", "{}", "unlimited"),
            ("ulimit -s 65536; ulimit -s", "{}", "65536"),
            ("ulimit -s unlimited; ulimit -s", "{}", "unlimited"), ("ulimit -s", #"{"stack_mb": 1}"#, "1024"),
            ("ulimit -s", #"{"stack_mb": 64}"#, "65536"), ("ulimit -Hs", #"{"stack_mb": 64}"#, "unlimited"),
            ("ulimit -s", #"{"stack_mb": 1000, "memory_mb": 64}"#, "1024000"),
            ("ulimit -f", #"{"max_file_bytes": 4096}"#, "4"), ("ulimit -f", #"{"disk_mb": 8}"#, "8192"),
            ("ulimit -f", #"{"disk_mb": 8, "max_file_bytes": 1048576}"#, "1024"),
        ])
        func aProgramHasThem(code: String, limits: String, expected: String) async throws {
            let limits = try JSONValue(parsing: Array(limits.utf8))
            let execution = try await api.execute("bash", code, ["resource_limits": limits])
            #expect(execution.stdout.text == expected + "\n", "\(execution.stderr.text)")
        }

        @Test(arguments: [
            "import resource as r; r.setrlimit(r.RLIMIT_STACK, (r.RLIM_INFINITY,) * 2); print('ok')",
            "import resource as r; r.setrlimit(r.RLIMIT_STACK, (1 << 28, r.RLIM_INFINITY)); print('ok')",
            "import resource as r; r.setrlimit(r.RLIMIT_STACK, (1 << 28, 1 << 28)); print('ok')",
            "import resource as r; print('ok' if r.getrlimit(r.RLIMIT_STACK)[1] == r.RLIM_INFINITY else '')",
            "import threading as t; t.stack_size(1 << 28); x = t.Thread(target=print, args=['ok']); x.start(); x.join()",
        ])
        func aStackMayBeRaised(code: String) async throws {
            #expect(try await api.execute("python", code).stdout.text == "ok\n")
        }

        private static let recursion = """
            import functools, sys
            sys.setrecursionlimit(1 << 30)
            @functools.lru_cache(None)
            def depth(n): return 0 if n == 0 else 1 + depth(n - 1)
            print(depth(50_000))
            """

        @Test func deepRecursionNeedsAStackOfItsOwn() async throws {
            let execution = try await api.execute("python", Self.recursion, ["resource_limits": ["stack_mb": 256]])
            #expect(execution.stdout.text == "50000\n", "\(execution.stderr.text)")
        }

        @Test func aStackIsMemory() async throws {
            let limits: JSONValue = ["resource_limits": ["stack_mb": 512, "memory_mb": 32]]
            let code = """
                import functools, sys
                sys.setrecursionlimit(1 << 30)
                @functools.lru_cache(None)
                def depth(n): return 1 + depth(n - 1)
                depth(0)
                """
            #expect(try await api.execute("python", code, limits).status == .outOfMemory)
        }

        @Test(arguments: [(1, false), (100, true), (4096, true), (4097, false), (65_536, false)])
        func aFileIsNotWrittenBeyondItsLimit(size: Int, fits: Bool) async throws {
            let limit = size == 1 ? 1 : 4096
            let code = "head -c \(size == 1 ? 2 : size) /dev/zero > f && echo ok"
            let execution = try await api.execute(
                "bash", code, ["resource_limits": ["max_file_bytes": .integer(Int64(limit))]])
            #expect((execution.stdout.text == "ok\n") == fits, "\(execution.stderr.text)")
        }

        @Test(arguments: [
            "dd if=/dev/zero of=big bs=1M count=600", "head -c 700M /dev/zero > big", "yes > big",
            "dd if=/dev/zero of=/tmp/big bs=64k count=12000",
            "python3 -c \"open('big', 'wb').write(bytes(500 << 20))\"",
            "for i in 1 2 3 4 5 6; do cp /usr/bin/python3 a$i; head -c 100M /dev/zero >> a$i || exit 1; done",
            "mkdir -p ~/x && head -c 600M /dev/zero > ~/x/big", "head -c 600M /dev/zero | tee big > /dev/null",
            "truncate -s 600M big && dd if=/dev/zero of=big bs=1M count=600 conv=notrunc",
            "tar -cf - /dev/null --to-stdout 2>/dev/null; head -c 500M /dev/zero | split -b 50M",
        ])
        func aDiskThatIsFullIsToldAsOne(code: String) async throws {
            let execution = try await api.execute("bash", code, ["timeout_secs": 60])
            #expect(execution.status == .diskFull, "\(execution.stderr.text)")
        }
    }
}
