// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import OutpostTesting
import OutpostWire
import Testing

@testable import OutpostDriverNamespaces

/// What goes to the agent fits into one message, or does not go.
@Suite(.reactor)
struct DescriptorRoomTests {
    @Test @Reactor func aProgramWithTooManyFilesIsRefusedAndItsSandboxLivesOn() async throws {
        let host = try await FakeHost(isEnding: true)
        let source = try Descriptor.open("/dev/null", .readOnly)
        var program = ProgramSpec(
            arguments: ["prog"], environment: [], workingDirectory: "/w", user: .sandbox, files: [],
            limits: .shippedDefaults)
        program.fileRegions = (0..<MessageSocket.mostDescriptors).map {
            FileRegion(path: "/w/\($0)", isExecutable: false, source: source, offset: 0, size: 1)
        }
        let tooMany = program
        await #expect(throws: OutpostError.self) { try await host.instance.run(tooMany) }
        #expect(host.instance.isUsable)
        host.spawner.letGo()
        await host.instance.destroy()
    }
}
