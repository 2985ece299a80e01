// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    /// A program is told how many processors and how much memory it has by whatever its runtime asks.
    @Suite(.serialized) struct LearnedProcessors {
        let api: APIClient

        init() throws { api = try SharedServer.server.api }

        /// A program that prints how many processors it may use.
        private static let questions: [(language: String, code: String)] = [
            ("python", "import os; print(len(os.sched_getaffinity(0)))"),
            ("python", "import subprocess; print(subprocess.check_output(['nproc'], text=True), end='')"),
            ("python", "import os; print(os.cpu_count())"),
            ("python", "import ctypes; print(ctypes.CDLL('libc.so.6').get_nprocs())"),
            ("python", "import concurrent.futures as f; print(f.ThreadPoolExecutor()._max_workers - 4)"),
            ("python", "import multiprocessing as m; p = m.Pool(); print(p._processes); p.terminate()"),
            ("bash", "getconf _NPROCESSORS_ONLN"),
            ("bash", "lscpu > /dev/null && lscpu -p=cpu | grep -c '^[0-9]'"),
            ("node", "console.log(require('os').availableParallelism())"),
            ("bash", "nproc"),
            ("bash", "taskset -p $$ | grep -o '[0-9a-f]*$' | tr 0123456789abcdef 0112122312232334"),
            ("bash", "sed -n 's/^Cpus_allowed_list:.//p' /proc/self/status | sed 's/0-1/2/; s/^[01]$/1/'"),
            ("go", "package main; import \"runtime\"; func main() { println2(runtime.NumCPU()) }"),
            ("go", "package main; import \"runtime\"; func main() { println2(runtime.GOMAXPROCS(0)) }"),
            ("rust", "fn main() { println!(\"{}\", std::thread::available_parallelism().unwrap()) }"),
        ]

        private static let cores = [0.25, 0.5, 1, 1.5, 2]

        @Test(arguments: questions.indices, cores)
        func aRuntimeFindsAsManyAsTheRunMayUse(question: Int, cores: Double) async throws {
            let (language, text) = Self.questions[question]
            let code = text.replacing("import \"runtime\";", with: "import (\"fmt\"; \"runtime\");")
                .replacing("println2", with: "fmt.Println")
            let execution = try await api.execute(
                language, code, ["resource_limits": ["cpu_cores": .number(cores)], "timeout_secs": 300])
            // A host of two has no more to give.
            let expected = min(Int(cores.rounded(.up)), ProcessInfo.processInfo.activeProcessorCount)
            #expect(execution.stdout.text == "\(expected)\n", "\(language): \(text)\n\(execution.stderr.text)")
        }

        /// The file that says how much memory the run has, whichever version of cgroups the host bounds it by.
        private static let memory = """
            f=$(ls /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2> /dev/null); cat $f
            """

        @Test(arguments: ["bash", "python", "node"], [64, 100, 128, 513])
        func aProgramReadsTheLimitsOfItsOwnRun(language: String, memory: Int) async throws {
            let quota = "cat /sys/fs/cgroup/cpu.max /sys/fs/cgroup/cpu/cpu.cfs_quota_us 2> /dev/null | cut -d ' ' -f 1"
            let command = "\(Self.memory); \(quota)"
            let code =
                switch language {
                case "python": "import subprocess; subprocess.run(['sh', '-c', r\"\"\"\(command)\"\"\"])"
                case "node":
                    "require('child_process').spawnSync('sh', ['-c', `\(command.replacing("$", with: "\\$"))`], {stdio: 'inherit'})"
                default: command
                }
            let limits: JSONValue = ["memory_mb": .integer(Int64(memory)), "cpu_cores": 0.5]
            let execution = try await api.execute(
                language, code, ["resource_limits": limits, "timeout_secs": 300])
            #expect(execution.stdout.text == "\(memory << 20)\n50000\n", "\(execution.stderr.text)")
        }

        @Test(arguments: [64, 128, 200, 512])
        func nodeKnowsHowMuchMemoryItHas(memory: Int) async throws {
            let code = "console.log(process.constrainedMemory() >> 20)"
            let limits: JSONValue = ["memory_mb": .integer(Int64(memory))]
            let execution = try await api.execute("node", code, ["resource_limits": limits, "timeout_secs": 300])
            #expect(execution.stdout.text == "\(memory)\n", "\(execution.stderr.text)")
        }
    }
}
