// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing

extension DriverConformance {
    static let pauses = [
        DriverConformance("a paused sandbox does nothing until it is resumed", needs: .pauses) { driver in
            try await driver.withSandbox { try await Self.pausing($0, driver) }
        },
        DriverConformance("a paused sandbox can be destroyed", needs: .pauses) { driver in
            try await driver.withSandbox { sandbox in
                let spec = driver.program(.spin)
                let (started, starting) = AsyncStream<Void>.makeStream()
                let task = Task { try? await sandbox.run(spec, output: nil) { starting.finish() } }
                for await _ in started {}
                try await sandbox.pause()
                await sandbox.destroy()
                _ = await task.value
                try expect(await sandbox.isDestroyed(within: 0), "it is not destroyed")
            }
            // The next sandbox may get what the host had for the paused one.
            let next = try await driver.result(.exit(0))
            try expect(next.end == .exited(0), "\(next.end)")
        },
        DriverConformance("a run that is killed during a pause ends when the pause ends", needs: .pauses) { driver in
            try await driver.withSandbox { sandbox in
                let spec = driver.program(.spin)
                let (started, starting) = AsyncStream<Void>.makeStream()
                let task = Task { try await sandbox.run(spec, output: nil) { starting.finish() } }
                for await _ in started {}
                try await sandbox.pause()
                task.cancel()
                // This takes as long as a program in another sandbox.
                _ = try await driver.result(.exit(0))
                try await sandbox.resume()
                let result = try await task.value
                try expect(result.cause == .cancelled, "\(result)")
                // The sandbox has lost nothing else.
                let next = try await sandbox.run(driver.program(.exit(7)))
                try expect(next.end == .exited(7), "\(next.end)")
            }
        },
    ]

    @Reactor private static func pausing(_ sandbox: any RunningSandbox, _ driver: DriverUnderTest) async throws {
        let heard = CollectingListener()
        let process = try await sandbox.start(driver.program(.echo) { $0.isInputOpen = true }, listener: heard)
        process.write([1])
        await heard.wait { $0.bytes[.stdout] == [1] || $0.hasEnded }
        try await sandbox.pause()
        process.write([2])
        // This takes as long as three programs in other sandboxes.
        for _ in 0..<3 {
            let other = try await driver.result(.exit(0))
            try expect(other.end == .exited(0), "\(other.end)")
        }
        try expect(heard.bytes[.stdout] == [1], "it answers while it is paused")
        try await sandbox.resume()
        try await sandbox.resume()
        await heard.wait { $0.bytes[.stdout] == [1, 2] || $0.hasEnded }
        process.closeInput()
        let exit = try await process.wait().get()
        try expect(exit.end == .exited(0), "\(exit.end)")
        try expect(heard.bytes[.stdout] == [1, 2], "it lost the input of the pause")
    }
}
