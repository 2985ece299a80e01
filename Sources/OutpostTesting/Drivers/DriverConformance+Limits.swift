// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing

extension DriverConformance {
    static let limits = [
        DriverConformance("wall time") { driver in
            let result = try await driver.result(.wait) { $0.limits.timeoutMilliseconds = 100 }
            try expect(result.cause == .timeout && result.end == .signalled("SIGKILL"), "\(result.end)")
            try expect(result.durationMilliseconds >= 100, "\(result.durationMilliseconds) ms")
        },
        DriverConformance("processor time") { driver in
            let result = try await driver.result(.spin) { $0.cpuTimeMilliseconds = 100 }
            try expect(result.cause == .processorTime && result.end == .signalled("SIGKILL"), "\(result.end)")
            try expect(result.cpuTimeMilliseconds >= 100, "\(result.cpuTimeMilliseconds) ms")
        },
        DriverConformance("memory") { driver in
            let result = try await driver.result(.fill(mebibytes: 512)) { $0.limits.memoryMiB = 64 }
            try expect(result.cause == .memory, "\(result.end), \(String(describing: result.cause))")
            try expect(result.memoryPeakBytes <= 64 << 20, "memory peak \(result.memoryPeakBytes)")
        },
        DriverConformance("the output limit stops a program") { driver in
            let result = try await driver.result(.write(stdout: min(1_000_000, driver.largest), stderr: 0)) {
                $0.limits.maxOutputBytes = 1000
                $0.stopsAtOutputLimit = true
            }
            try expect(result.cause == .outputLimit, "\(result.end), \(String(describing: result.cause))")
        },
        DriverConformance("cancelling the task") { driver in
            try await driver.withSandbox { sandbox in
                let spec = driver.program(.wait)
                let (started, starting) = AsyncStream<Void>.makeStream()
                let task = Task {
                    try await sandbox.run(spec, output: nil) { starting.finish() }
                }
                for await _ in started {}
                task.cancel()
                let result = try await task.value
                try expect(result.cause == .cancelled && result.end == .signalled("SIGKILL"), "\(result.end)")
            }
        },
    ]

    static let refusals = [
        DriverConformance("unknown layers are refused") { driver in
            let spec = SandboxSpec(
                storage: .memory(mebibytes: 64), layers: [SealedDiskID()], namespace: .default, memoryMiB: 256,
                user: .sandbox, workingDirectory: "/workspace")
            let hasLayers = driver.driver.capabilities.features.contains(.layers)
            do {
                await (try await driver.driver.create(spec)).destroy()
                throw ConformanceFailure("the driver accepted an unknown layer")
            } catch let error as OutpostError {
                try expect(error.code == (hasLayers ? .notFound : .unprocessable), "\(error)")
            }
        },
        DriverConformance("a missing program") { driver in
            let result = try await driver.result(.missing)
            guard case .notStarted(_, let code) = result.end else { throw ConformanceFailure("\(result.end)") }
            try expect(code == 127, "code \(code)")
        },
        DriverConformance("files are there when the program starts") { driver in
            for size in [0, 1, 600_000] where size <= driver.largest {
                let file = SandboxFile(path: "/workspace/a/b.txt", content: ConformanceProgram.pattern(size))
                let result = try await driver.result(.show(path: file.path)) { $0.files = [file] }
                try expect(result.end == .exited(0), "\(result.end)")
                try expect(result.stdout.bytes == file.content, "\(size) bytes were \(result.stdout.total)")
            }
        },
        DriverConformance("the error names a file that cannot be written") { driver in
            let files = ["/workspace/a", "/proc/nothing/b"].map { SandboxFile(path: $0, content: [1]) }
            do {
                let result = try await driver.result(.exit(0)) { $0.files = files }
                throw ConformanceFailure("\(result.end)")
            } catch let error as OutpostError {
                try expect(error.code == .invalidRequest, "\(error)")
                try expect(error.message.contains("/proc/nothing/b"), error.message)
            }
        },
        DriverConformance("a directory that cannot be entered") { driver in
            do {
                let result = try await driver.result(.exit(0)) { $0.workingDirectory = "/proc/version" }
                throw ConformanceFailure("\(result.end)")
            } catch let error as OutpostError {
                try expect(error.code == .invalidRequest, "\(error)")
            }
        },
    ]

    static let lives = [
        DriverConformance("programs one after the other see each other's files") { driver in
            try await driver.withSandbox { sandbox in
                let file = SandboxFile(path: "/workspace/kept", content: [7, 8, 9])
                let first = try await sandbox.run(driver.program(.exit(0)) { $0.files = [file] })
                try expect(first.end == .exited(0), "\(first.end)")
                let second = try await sandbox.run(driver.program(.show(path: file.path)))
                try expect(second.stdout.bytes == file.content, "\(second.stdout.bytes)")
            }
        },
        DriverConformance("programs side by side") { driver in
            try await driver.withSandbox { sandbox in
                try await withThrowingTaskGroup(of: (Int32, ProgramResult).self) { group in
                    for code: Int32 in 1...8 {
                        group.addTask { (code, try await sandbox.run(driver.program(.exit(code)))) }
                    }
                    for try await (code, result) in group {
                        try expect(result.end == .exited(code), "\(code): \(result.end)")
                    }
                }
            }
        },
        DriverConformance("the end of a sandbox ends its programs") { driver in
            try await driver.withSandbox { sandbox in
                let spec = driver.program(.wait)
                let (started, starting) = AsyncStream<Void>.makeStream()
                let task = Task { try await sandbox.run(spec, output: nil) { starting.finish() } }
                for await _ in started {}
                await sandbox.destroy()
                try await Self.expectFailure(task, .internal)
                await sandbox.destroy()
                try expect(await sandbox.isDestroyed(within: 0), "it is not destroyed")
            }
        },
        DriverConformance("a failure of the sandbox is not the program's") { driver in
            try await driver.withSandbox { sandbox in
                let spec = driver.program(.wait)
                let (started, starting) = AsyncStream<Void>.makeStream()
                let task = Task { try await sandbox.run(spec, output: nil) { starting.finish() } }
                for await _ in started {}
                try await driver.breakDown(sandbox)
                try await Self.expectFailure(task, .internal)
                try expect(await sandbox.isDestroyed(within: 60), "it is not destroyed")
                try expect(await !sandbox.isAlive, "it is alive")
            }
        },
        DriverConformance("the end of what makes sandboxes ends them all, and others come up") { driver in
            try await driver.withSandbox { first in
                try await driver.withSandbox { try await Self.lose($0, first, driver) }
            }
        },
        DriverConformance("a sandbox that is gone starts nothing") { driver in
            try await driver.withSandbox { sandbox in
                await sandbox.destroy()
                let spec = driver.program(.exit(0))
                try await Self.expectFailure(Task { try await sandbox.run(spec) }, .unavailable)
            }
        },
        DriverConformance("nothing survives that does not claim to") { driver in
            if driver.driver.capabilities.features.contains(.survivors) { return }
            let survivors = try await driver.driver.survivors()
            try expect(survivors.isEmpty, "\(survivors.count) survivors")
        },
    ]

    private static func lose(
        _ first: any RunningSandbox, _ second: any RunningSandbox, _ driver: DriverUnderTest
    ) async throws {
        let spec = driver.program(.wait)
        var tasks: [Task<ProgramResult, any Error>] = []
        for sandbox in [first, second] {
            let (started, starting) = AsyncStream<Void>.makeStream()
            tasks.append(Task { try await sandbox.run(spec, output: nil) { starting.finish() } })
            for await _ in started {}
        }
        try await driver.loseMaker(first)
        for task in tasks { try await expectFailure(task, .internal) }
        for sandbox in [first, second] {
            try expect(await sandbox.isDestroyed(within: 60), "it is not destroyed")
        }
        // The next spawner is starting.
        var next: (any RunningSandbox)?
        let isThere = try await eventually {
            next = try? await driver.driver.create(DriverUnderTest.sandbox)
            return next != nil
        }
        guard isThere, let next else { throw ConformanceFailure("no other sandbox comes up") }
        let result = try await next.run(driver.program(.exit(3)))
        await next.destroy()
        try expect(result.end == .exited(3), "\(result.end)")
    }

    private static func expectFailure(_ task: Task<ProgramResult, any Error>, _ code: ErrorCode) async throws {
        do {
            let result = try await task.value
            throw ConformanceFailure("\(result.end), \(String(describing: result.cause))")
        } catch let error as OutpostError {
            try expect(error.code == code, "\(error)")
        }
    }

    static let features = [
        DriverConformance("a terminal", needs: .terminals) { driver in
            try await driver.withSandbox { try await Self.terminal($0, driver) }
        },
        DriverConformance("the order of both streams", needs: .interleavedOutput) { driver in
            let result = try await driver.result(.alternate(times: 50)) { $0.isInterleaved = true }
            let pieces = result.order?.pieces([.stdout: result.stdout, .stderr: result.stderr]) ?? []
            try expect(
                pieces.map(\.stream) == (0..<100).map { $0 % 2 == 0 ? .stdout : .stderr }, "\(pieces.count) pieces")
        },
        DriverConformance("two programs that talk with each other", needs: .crossedPipes) { driver in
            guard let crossing = driver.driver as? any PipeCrossing else { throw ConformanceFailure("is none") }
            let pipes = try crossing.crossedPipes()
            defer { pipes.close() }
            try await driver.withSandbox { sandbox in
                let writer = driver.program(.write(stdout: 200_000, stderr: 0)) { $0.pipes = pipes.first }
                let reader = driver.program(.read(count: 200_000)) { $0.pipes = pipes.second }
                async let reading = sandbox.run(reader)
                let written = try await sandbox.run(writer)
                pipes.endOutput(ofFirst: true)
                let read = try await reading
                try expect(written.end == .exited(0) && read.end == .exited(0), "\(written.end), \(read.end)")
            }
        },
    ]

    @Reactor private static func terminal(_ sandbox: any RunningSandbox, _ driver: DriverUnderTest) async throws {
        let heard = CollectingListener()
        let spec = driver.program(.terminal) {
            $0.terminal = ProcessTerminal(rows: 24, columns: 80)
            $0.isInputOpen = true
        }
        let process = try await sandbox.start(spec, listener: heard)
        let hears: @Reactor (String) -> @Reactor (CollectingListener) -> Bool = { text in
            { String(decoding: $0.bytes[.stdout, default: []], as: UTF8.self).contains(text) || $0.hasEnded }
        }
        await heard.wait(until: hears("24 80"))
        process.resize(ProcessTerminal(rows: 50, columns: 132))
        await heard.wait(until: hears("50 132"))
        process.write(Array("hello\n".utf8))
        await heard.wait(until: hears("got hello"))
        // Control-C of a user.
        process.write([3])
        let exit = try await process.wait().get()
        try expect(exit.end == .exited(7), "\(exit.end), \(heard.bytes)")
    }
}
