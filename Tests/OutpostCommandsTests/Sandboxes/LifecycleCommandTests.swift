// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostCore
import Testing

@testable import OutpostCommands

/// What the commands of a sandbox's lifecycle ask for.
struct LifecycleCommandTests {
    private let id = "sbx_0123456789ab"

    @Test func anUpdateHasOnlyTheGivenSettings() throws {
        let some = try SandboxUpdateCommand.parse(
            [
                id, "--name", "", "--ttl", "0", "--idle-timeout", "60", "--clear-env", "--metadata", "a=b", "--memory",
                "64",
            ])
        #expect(
            some.update
                == SandboxUpdate(
                    name: .none, metadata: ["a": "b"], timeToLiveSeconds: .none, idleTimeoutSeconds: .value(60),
                    environment: [], limits: ResourceLimitsRequest(memoryMiB: 64)))
        let other = try SandboxUpdateCommand.parse([id, "--name", "new", "--env", "A=1", "--clear-metadata"])
        #expect(
            other.update
                == SandboxUpdate(
                    name: .value("new"), metadata: [:], environment: [EnvironmentVariable(name: "A", value: "1")]))
    }

    @Test(arguments: [
        [], ["--env", "A=1", "--clear-env"], ["--metadata", "a=b", "--clear-metadata"], ["--disk", "0"],
    ])
    func anUpdateThatSaysNothingOrTwoThingsIsRefused(options: [String]) {
        #expect(throws: (any Error).self) { try SandboxUpdateCommand.parse([id] + options) }
    }

    @Test func aSnapshotIsMadeWithoutAFurtherWord() throws {
        let made = try SandboxSnapshotCommand.parseAsRoot([id, "--name", "first"]) as? SnapshotCreateCommand
        #expect(made?.id == SandboxID(id) && made?.name == "first")
        let listed = try SandboxSnapshotCommand.parseAsRoot(["list", "--sandbox", id]) as? SnapshotListCommand
        #expect(listed?.sandbox == SandboxID(id))
        let deleted =
            try SandboxSnapshotCommand.parseAsRoot(["delete", "snap_0123456789ab"]) as? SnapshotDeleteCommand
        #expect(deleted?.ids.map(\.rawValue) == ["snap_0123456789ab"])
        #expect(throws: (any Error).self) { try SandboxSnapshotCommand.parseAsRoot(["delete", id]) }
    }

    @Test func aSandboxIsLaunchedFromASnapshot() throws {
        let launch = try SandboxLaunchCommand.parse(
            ["--language", "python", "--mode", "stateful", "--snapshot", "snap_0123456789ab"])
        #expect(launch.request.snapshot == SnapshotID("snap_0123456789ab"))
    }

    @Test func sizesAreInMebibytes() {
        #expect([0, 1 << 20, 1_572_864].map(mebibytes) == ["0 MiB", "1 MiB", "1.5 MiB"])
    }
}
