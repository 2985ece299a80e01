// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import Testing

@testable import OutpostDriverNamespaces

/// What toolchains prepare becomes a part of the image at once or not at all.
struct ImagePreparationsTests {
    private func withDirectory(_ body: (String) async throws -> Void) async throws {
        let path = "/tmp/outpost-preparations-\(UInt64.random(in: 0...(.max)))"
        try makeDirectories("\(path)/image/rootfs\(ImagePaths.caches)")
        try makeDirectories("\(path)/image/rootfs/tmp")
        try setMode("\(path)/image/rootfs/tmp", 0o1777)
        try writeFile("\(path)/image/rootfs/file", "content", flags: [.writeOnly, .create], mode: 0o644)
        try replaceLink("\(path)/image/rootfs/link", target: "usr/bin")
        do {
            try await body(path)
        } catch {
            try removeTree(path)
            throw error
        }
        try removeTree(path)
    }

    /// Adds a line to a file each time that it runs.
    private func preparation(_ identity: String, then command: String = "true") -> ImagePreparation {
        ImagePreparation(
            identity: identity,
            arguments: { ["/bin/sh", "-c", "echo $MARK >> \($0)/made; \(command)"] },
            environment: { _ in [EnvironmentVariable(name: "MARK", value: identity)] })
    }

    @Test func theImageGetsWhatTheCommandMadeAndKeepsTheRest() async throws {
        try await withDirectory { directory in
            let root = "\(directory)/image/rootfs"
            try await ImagePreparations(dataDirectory: directory).carryOut([preparation("one")])
            #expect(try readText(root + ImagePaths.caches + "/made") == "one\n")
            #expect(try readText(root + "/file") == "content")
            #expect(linkTarget(root + "/link") == "usr/bin")
            #expect(!exists(root + ImagePaths.caches + "/.home"))
            #expect(isOpenToOthers(root + ImagePaths.caches + "/made"))
            // What sandboxes that are up have mounted.
            #expect(exists("\(directory)/image/rootfs.new/file"))
            #expect(!exists("\(directory)/image/rootfs.new\(ImagePaths.caches)/made"))
        }
    }

    @Test func theSameIsPreparedOnceAndOthersAnew() async throws {
        try await withDirectory { directory in
            let made = "\(directory)/image/rootfs\(ImagePaths.caches)/made"
            let preparations = ImagePreparations(dataDirectory: directory)
            try await preparations.carryOut([preparation("one")])
            try await preparations.removeReplaced()
            try await preparations.carryOut([preparation("one")])
            #expect(!exists("\(directory)/image/rootfs.new"))
            try await preparations.carryOut([preparation("two")])
            #expect(try readText(made) == "two\n")
        }
    }

    @Test func aCommandThatFailsLeavesTheImageAsItWas() async throws {
        try await withDirectory { directory in
            let preparations = ImagePreparations(dataDirectory: directory)
            await #expect(throws: OutpostError.self) {
                try await preparations.carryOut([preparation("one", then: "exit 1")])
            }
            #expect(!exists("\(directory)/image/rootfs\(ImagePaths.caches)/made"))
            try await preparations.carryOut([preparation("one")])
            #expect(exists("\(directory)/image/rootfs\(ImagePaths.caches)/made"))
        }
    }
}
