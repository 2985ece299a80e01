// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    @Suite(.serialized) struct ProcessorLimit {
        let api: APIClient

        init() throws { api = try SharedServer.server.api }

        private static let spin = """
            import os, time
            read, write = os.pipe()
            parent = os.getpid()
            for _ in range(3): os.fork()
            end = time.monotonic() + 1.5
            while time.monotonic() < end: pass
            os.write(write, b'%f\\n' % time.process_time())
            if os.getpid() != parent: os._exit(0)
            os.close(write)
            print(sum(map(float, open(read))))
            """

        @Test func halfACoreIsHalfACoreForAllProcessesTogether() async throws {
            let execution = try await api.execute(
                "python", Self.spin, ["resource_limits": ["cpu_cores": 0.5]])
            let share = execution.cpuTimeMilliseconds / execution.durationMilliseconds
            // The quota is handed out in periods, so a short run may get most of one more.
            #expect(share < 0.65, "\(execution.cpuTimeMilliseconds) of \(execution.durationMilliseconds) ms")
            // What is counted is no less than the processes know of.
            let told = try #require(Double(execution.stdout.text.trimmingCharacters(in: .newlines)))
            #expect(told > 0 && execution.cpuTimeMilliseconds >= 980 * told, "\(told) s are known of")
        }

        @Test func timeThatChildrenUsedIsCounted() async throws {
            let code = """
                import subprocess, sys
                subprocess.run([sys.executable, '-c', 'import time\\nwhile time.process_time() < 0.5: pass'])
                """
            let execution = try await api.execute("python", code)
            #expect(execution.status == .succeeded)
            #expect(execution.cpuTimeMilliseconds > 500)
        }
    }
}
