// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostSandboxing
import OutpostTesting
import Testing

/// The suite for drivers, against one that cannot fail for a reason of the host's.
@Suite(.reactor, .timeLimit(.minutes(5)))
struct MemoryDriverTests {
    /// One for each check: some end all that a driver has made.
    private static func driver() -> DriverUnderTest {
        let memory = MemoryDriver()
        return DriverUnderTest(memory, command: MemoryDriver.command) {
            guard let sandbox = $0 as? MemorySandbox else { throw ConformanceFailure("another sandbox") }
            await sandbox.end()
        } loseMaker: { _ in
            await memory.endAll()
        }
    }

    @Test(arguments: DriverConformance.all)
    func itDoesWhatDriversDo(check: DriverConformance) async throws {
        let claimed = try await check.run(Self.driver())
        if !claimed { print("memory: not claimed: \(check)") }
        #expect(claimed || [.crossedPipes, .terminals, .ports, .pauses].contains(check.needs))
    }
}
