// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
public import OutpostSandboxing

/// One check of the driver conformance suite. Every driver must pass all checks of the features that it has.
public struct DriverConformance: Sendable, CustomStringConvertible {
    /// What the check is about.
    public let name: String
    /// The features that a driver needs for this check.
    public let needs: DriverCapabilities.Features
    private let check: @Sendable (DriverUnderTest) async throws -> Void

    init(
        _ name: String, needs: DriverCapabilities.Features = [],
        _ check: @escaping @Sendable (DriverUnderTest) async throws -> Void
    ) {
        self.name = name
        self.needs = needs
        self.check = check
    }

    /// The name.
    public var description: String { name }

    /// Runs the check.
    ///
    /// - Returns: false when the driver lacks a feature that the check needs.
    /// - Throws: `ConformanceFailure`, and the driver's errors.
    public func run(_ driver: DriverUnderTest) async throws -> Bool {
        guard driver.driver.capabilities.features.isSuperset(of: needs) else { return false }
        try await check(driver)
        return true
    }

    /// All checks.
    public static let all = ends + streams + limits + refusals + lives + features + files + ports + pauses
}

extension DriverConformance {
    private static let ends = [
        DriverConformance("exit codes") { driver in
            for code: Int32 in [0, 1, 2, 42, 127, 128, 137, 255] {
                let result = try await driver.result(.exit(code))
                try expect(result.end == .exited(code) && result.cause == nil, "code \(code): \(result.end)")
            }
        },
        DriverConformance("signals") { driver in
            for (signal, name): (Int32, String) in [
                (2, "SIGINT"), (6, "SIGABRT"), (9, "SIGKILL"), (11, "SIGSEGV"), (15, "SIGTERM"),
            ] {
                let result = try await driver.result(.die(signal: signal))
                try expect(result.end == .signalled(name) && result.cause == nil, "signal \(signal): \(result.end)")
            }
        },
        DriverConformance("the usage is reported") { driver in
            let result = try await driver.result(.fill(mebibytes: 64))
            try expect(result.end == .exited(0), "\(result.end)")
            try expect(result.memoryPeakBytes >= 64 << 20, "memory peak \(result.memoryPeakBytes)")
            try expect(result.durationMilliseconds > 0, "duration \(result.durationMilliseconds)")
        },
        DriverConformance("a signal from outside") { driver in
            try await driver.withSandbox { try await Self.obey($0, driver) }
        },
    ]

    @Reactor private static func obey(_ sandbox: any RunningSandbox, _ driver: DriverUnderTest) async throws {
        for signal: Int32 in [1, 10, 15] {
            let heard = CollectingListener()
            let process = try await sandbox.start(driver.program(.obey(signal: signal)), listener: heard)
            await heard.wait { $0.bytes[.stdout]?.count == 5 || $0.hasEnded }
            process.signal(signal, group: true)
            let exit = try await process.wait().get()
            try expect(exit.end == .exited(42), "signal \(signal): \(exit.end)")
        }
    }

    private static let streams = [
        DriverConformance("output of every size") { driver in
            for (stdout, stderr) in [(0, 0), (1, 0), (0, 1), (4096, 4097), (65_536, 65_537), (5_000_000, 3_000_000)]
            where max(stdout, stderr) <= driver.largest {
                let result = try await driver.result(.write(stdout: stdout, stderr: stderr))
                try expect(result.end == .exited(0), "\(result.end)")
                try expect(result.stdout.bytes == ConformanceProgram.pattern(stdout), "stdout of \(stdout)")
                try expect(result.stderr.bytes == ConformanceProgram.pattern(stderr), "stderr of \(stderr)")
            }
        },
        DriverConformance("output beyond the limit is counted") { driver in
            let size = min(300_000, driver.largest)
            let result = try await driver.result(.write(stdout: size, stderr: 10)) {
                $0.limits.maxOutputBytes = 1000
                $0.outputKeep = .head
            }
            try expect(result.end == .exited(0), "\(result.end)")
            try expect(result.stdout.total == size, "\(result.stdout.total) bytes")
            try expect(result.stdout.bytes == ConformanceProgram.pattern(1000), "other bytes")
            try expect(result.stderr.bytes == ConformanceProgram.pattern(10), "stderr")
        },
        DriverConformance("a listener that stops a stream") { driver in
            try await driver.withSandbox { try await Self.slowListener($0, driver) }
        },
        DriverConformance("input of every size") { driver in
            for size in [0, 1, 4096, 65_536, 65_537, 3_000_000] where size <= driver.largest {
                let input = ConformanceProgram.pattern(size)
                let result = try await driver.result(.echo) { $0.stdin = input }
                try expect(result.end == .exited(0), "\(size): \(result.end)")
                try expect(result.stdout.bytes == input, "\(size) bytes came back as \(result.stdout.total)")
            }
        },
        DriverConformance("input that nobody reads") { driver in
            let result = try await driver.result(.exit(3)) {
                $0.stdin = ConformanceProgram.pattern(min(1 << 20, driver.largest))
            }
            try expect(result.end == .exited(3) && result.cause == nil, "\(result.end)")
        },
        DriverConformance("input that stays open") { driver in
            try await driver.withSandbox { try await Self.openInput($0, driver) }
        },
    ]

    @Reactor private static func slowListener(_ sandbox: any RunningSandbox, _ driver: DriverUnderTest) async throws {
        let sizes = (stdout: min(400_000, driver.largest), stderr: min(100_000, driver.largest))
        let heard = CollectingListener(isSlow: true)
        let process = try await sandbox.start(
            driver.program(.write(stdout: sizes.stdout, stderr: sizes.stderr)), listener: heard)
        let isWhole: @Reactor (CollectingListener) -> Bool = {
            $0.bytes[.stdout, default: []].count >= sizes.stdout && $0.bytes[.stderr, default: []].count >= sizes.stderr
        }
        while !isWhole(heard) {
            await heard.wait { $0.isStopped }
            let parts = heard.parts
            // A listener that has stopped both streams receives nothing, however long it waits.
            for _ in 0..<3 { await Task.yield() }
            try expect(heard.parts <= parts + 1, "parts came of a stream that was stopped")
            heard.proceed(process)
        }
        let exit = try await process.wait().get()
        try expect(exit.end == .exited(0), "\(exit.end)")
        try expect(heard.bytes[.stdout] == ConformanceProgram.pattern(sizes.stdout), "stdout")
        try expect(heard.bytes[.stderr] == ConformanceProgram.pattern(sizes.stderr), "stderr")
    }

    @Reactor private static func openInput(_ sandbox: any RunningSandbox, _ driver: DriverUnderTest) async throws {
        let heard = CollectingListener()
        let spec = driver.program(.echo) {
            $0.stdin = [1, 2, 3]
            $0.isInputOpen = true
        }
        let process = try await sandbox.start(spec, listener: heard)
        var written: [UInt8] = [1, 2, 3]
        await heard.wait { $0.bytes[.stdout] == written || $0.hasEnded }
        for size in [1, 100, 70_000, 200_000] where size <= driver.largest {
            let part = ConformanceProgram.pattern(size)
            process.write(part)
            written += part
            let count = written.count
            await heard.wait { $0.bytes[.stdout, default: []].count >= count || $0.hasEnded }
        }
        process.closeInput()
        let exit = try await process.wait().get()
        try expect(exit.end == .exited(0), "\(exit.end)")
        try expect(heard.bytes[.stdout] == written, "other bytes came back")
    }
}
