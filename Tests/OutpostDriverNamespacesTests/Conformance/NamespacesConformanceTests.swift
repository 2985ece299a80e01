// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostCore
import OutpostLinux
import OutpostSandboxing
import OutpostTesting
import OutpostVolumes
import Testing

@testable import OutpostDriverNamespaces

/// The suite for drivers, against real sandboxes of this host.
@Suite(.reactor, .timeLimit(.minutes(10)))
struct NamespacesConformanceTests {
    /// As it is used; over nothing but bytes, as a virtual machine is; and with each of those alone on its way.
    static let ways: [(Transport, largest: Int, unclaimed: Int)] = [
        (.descriptors, 5_000_000, 0), (.bytes(atOnce: 65_536), 5_000_000, 2), (.bytes(atOnce: 1), 70_000, 2),
    ]

    /// The spawner ends with the thread that has started it (prctl(2), `PR_SET_PDEATHSIG`), and the reactor's stays.
    @Reactor private static func startSpawner() throws -> SpawnerProcess { try SpawnerProcess.start() }

    @Test(arguments: ways)
    func itDoesWhatDriversDo(way: (Transport, largest: Int, unclaimed: Int)) async throws {
        try await TemporaryDirectory.with { directory in
            var configuration = NamespacesDriver.Configuration(dataDirectory: directory, slots: 64)
            configuration.transport = way.0
            let driver = try await NamespacesDriver.open(
                configuration, process: try await Self.startSpawner(), disks: DiskImages(dataDirectory: directory))
            let tested = DriverUnderTest(driver, largest: way.largest, command: \.command) { sandbox in
                guard let instance = sandbox as? NamespaceSandbox, kill(await instance.process, SIGKILL) == 0 else {
                    throw ConformanceFailure("it cannot be ended")
                }
            } loseMaker: { sandbox in
                guard let instance = sandbox as? NamespaceSandbox else { throw ConformanceFailure("another sandbox") }
                let status = try readText("/proc/\(await instance.process)/status")
                guard let spawner = status.firstMatch(of: /PPid:\s+(\d+)/).flatMap({ Int32($0.1) }),
                    kill(spawner, SIGKILL) == 0
                else { throw ConformanceFailure("the spawner cannot be ended") }
            }
            var unclaimed: [String] = []
            for check in DriverConformance.all {
                do {
                    if try await !check.run(tested) { unclaimed.append(check.name) }
                } catch {
                    Issue.record("\(way.0): \(check.name): \(error)")
                }
            }
            #expect(unclaimed.count == way.unclaimed)
            // What a driver does not claim must stand in the log, or nobody would miss it.
            print("namespaces, \(way.0): \(DriverConformance.all.count) checks, not claimed: \(unclaimed)")
            await driver.shutDown()
        }
    }
}
