// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostCore
import OutpostLinux
import OutpostSandboxing
import OutpostTesting
import OutpostVolumes
import OutpostWire
import Testing

@testable import OutpostDriverNamespaces

/// Real sandboxes on top of what others wrote.
@Suite(.reactor, .timeLimit(.minutes(10)))
struct SealedLayerTests {
    private static let team = NamespaceName("team-a") ?? .default

    private struct Host {
        let directory: String
        let driver: NamespacesDriver
        let disks: DiskImages

        /// The spawner ends with the thread that has started it, and the reactor's stays.
        @Reactor private static func startSpawner() throws -> SpawnerProcess { try SpawnerProcess.start() }

        static func with(_ body: (Host) async throws -> Void) async throws {
            try await TemporaryDirectory.with { directory in
                let disks = DiskImages(dataDirectory: directory)
                let driver = try await NamespacesDriver.open(
                    NamespacesDriver.Configuration(dataDirectory: directory, slots: 64),
                    process: try await startSpawner(), disks: disks)
                do {
                    try await body(Host(directory: directory, driver: driver, disks: disks))
                } catch {
                    await driver.shutDown()
                    throw error
                }
                await driver.shutDown()
                #expect(try await eventually { try LoopDevices.backed(by: directory).isEmpty })
                #expect(try await eventually { try HostMounts.mentioning(directory).isEmpty })
            }
        }

        func sandbox(
            _ storage: SandboxSpec.Storage = .memory(mebibytes: 64), on layers: [SealedDiskID],
            of namespace: NamespaceName? = SealedLayerTests.team, isRootReadOnly: Bool = false
        ) async throws -> any RunningSandbox {
            try await driver.create(
                SandboxSpec(
                    storage: storage, layers: layers, namespace: namespace, memoryMiB: 256, user: .sandbox,
                    workingDirectory: "/workspace", isRootReadOnly: isRootReadOnly))
        }

        /// Has a sandbox with a disk on these layers do something, and seals what it wrote.
        func sealed(
            on layers: [SealedDiskID] = [], _ scripts: (script: String, user: SandboxUser)...
        ) async throws -> SealedDiskID {
            let (owner, id) = (SandboxID(), SealedDiskID())
            let sandbox = try await sandbox(.disk(owner, mebibytes: 32), on: layers)
            for (script, user) in scripts { _ = try await SealedLayerTests.run(script, user, in: sandbox) }
            await sandbox.destroy()
            try await disks.seal(owner, as: id, of: SealedLayerTests.team)
            return id
        }
    }

    /// What a script writes; it must end with 0.
    @discardableResult
    private static func run(
        _ script: String, _ user: SandboxUser = .sandbox, in sandbox: any RunningSandbox
    ) async throws -> String {
        var limits = ResourceLimits.shippedDefaults
        limits.memoryMiB = 256
        let result = try await sandbox.run(
            ProgramSpec(
                arguments: ["/bin/sh", "-euc", script],
                environment: [EnvironmentVariable(name: "PATH", value: "/usr/bin:/bin")],
                workingDirectory: "/workspace", user: user, limits: limits))
        let output = String(decoding: result.stdout.bytes, as: UTF8.self)
        guard result.end == .exited(0) else {
            throw FixtureError(
                "\(script): \(result.end) \(output) \(String(decoding: result.stderr.bytes, as: UTF8.self))")
        }
        return output
    }

    /// Files of every kind; `/etc/alternatives` and the first folder in `/usr/share` are the host's, and replaced.
    private static let byRoot = """
        echo root > /root-file; chmod 640 /root-file
        rm /etc/hosts /usr/bin/yes
        rm -r /etc/alternatives; mkdir /etc/alternatives; echo only > /etc/alternatives/only
        first=$(ls -d /usr/share/*/ | head -n 1)
        rm -r $first; mkdir $first; echo only > ${first}only
        echo changed > /etc/hostname
        """
    private static let byUser = """
        echo mine > kept; ln -s kept link; ln kept hard; echo gone > temporary; rm temporary
        mkdir dir; echo old > dir/a; chmod 751 dir; mkdir deep; mkdir deep/er; echo x > deep/er/y
        """
    private static let look = """
        stat -c '%n %u:%g %a %h' /root-file /workspace/* /workspace/dir/a /etc/alternatives
        cat kept link hard dir/a deep/er/y /etc/hostname
        ls /etc/alternatives; ls $(ls -d /usr/share/*/ | head -n 1)
        for gone in /etc/hosts /usr/bin/yes temporary; do [ ! -e $gone ] || echo $gone is there; done
        """
    private static let seen = """
        /root-file 0:0 640 1
        /workspace/deep 1000:1000 755 2
        /workspace/dir 1000:1000 751 2
        /workspace/hard 1000:1000 644 2
        /workspace/kept 1000:1000 644 2
        /workspace/link 1000:1000 777 1
        /workspace/dir/a 1000:1000 644 1
        /etc/alternatives 0:0 755 1
        mine
        mine
        mine
        old
        x
        changed
        only
        only

        """

    /// Of directories an overlay tells a number of links that means nothing.
    private static func withoutDirectoryLinks(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let words = line.split(separator: " ")
            let isDirectory = words.count == 4 && ["755", "751"].contains(words[2])
            return isDirectory ? words.dropLast().joined(separator: " ") : String(line)
        }.joined(separator: "\n")
    }

    @Test func twoSandboxesAtOnceFindWhatWasWrittenAndChangeTheirOwnOnly() async throws {
        try await Host.with { host in
            let id = try await host.sealed((Self.byRoot, .root), (Self.byUser, .sandbox))
            let path = "\(host.directory)/sealed/team-a/\(id).ext4"
            let content = try await HostCommand.run("sha256sum", path)
            let top = SandboxID()
            let sandboxes = [
                try await host.sandbox(on: [id]), try await host.sandbox(.disk(top, mebibytes: 32), on: [id]),
            ]
            for sandbox in sandboxes {
                let text = try await Self.run(Self.look, in: sandbox)
                #expect(Self.withoutDirectoryLinks(text) == Self.withoutDirectoryLinks(Self.seen))
            }
            #expect(try LoopDevices.backed(by: path).count == 1, "one device for both")

            for (number, sandbox) in sandboxes.enumerated() {
                try await Self.run("echo \(number) > kept; rm -r dir; mkdir dir; rm link", in: sandbox)
                try await Self.run("echo \(number) > /root-file; echo again > /etc/hosts", .root, in: sandbox)
            }
            for (number, sandbox) in sandboxes.enumerated() {
                let text = try await Self.run("cat kept hard; ls; ls dir; cat /etc/hosts", in: sandbox)
                #expect(text == "\(number)\nmine\ndeep\ndir\nhard\nkept\nagain\n")
                #expect(try await Self.run("cat /root-file", .root, in: sandbox) == "\(number)\n")
            }

            let error = await #expect(throws: OutpostError.self) { try await host.disks.removeSealed(id) }
            #expect(error?.code == .conflict)
            await sandboxes[0].destroy()
            #expect(try LoopDevices.backed(by: path).count == 1)
            await #expect(throws: OutpostError.self) { try await host.disks.removeSealed(id) }
            await sandboxes[1].destroy()
            #expect(try await HostCommand.run("sha256sum", path) == content)
            try await host.disks.removeSealed(id)
            #expect(try LoopDevices.backed(by: path).isEmpty && !exists(path))
            // What was on top is still there, and of no use without what it was on.
            #expect(try await host.disks.list() == [top])
        }
    }

    @Test func aReadOnlyRootIsReadOnlyAboveLayersToo() async throws {
        try await Host.with { host in
            let id = try await host.sealed((Self.byRoot, .root), (Self.byUser, .sandbox))
            let sandbox = try await host.sandbox(on: [id], isRootReadOnly: true)
            #expect(try await Self.run("cat kept; echo new > kept; cat kept", in: sandbox) == "mine\nnew\n")
            let text = try await Self.run(
                "for f in /x /usr/x /etc/hostname /root-file; do (: > $f) 2> /dev/null && echo $f; done || cat /root-file",
                .root, in: sandbox)
            #expect(text == "root\n")
            await sandbox.destroy()
        }
    }

    @Test func theLayerAboveDecides() async throws {
        try await Host.with { host in
            let first = try await host.sealed(("echo 1 > a; echo 1 > b; mkdir d; echo 1 > d/x; echo 1 > e", .sandbox))
            let second = try await host.sealed(
                on: [first], ("echo 2 > a; rm b; rm -r d; mkdir d; echo 2 > d/y; rm e", .sandbox))
            let third = try await host.sealed(on: [first, second], ("echo 3 > b; echo 3 > d/x; mkdir e", .sandbox))
            let look = "grep -r . . | sort; ls -d e 2> /dev/null || :"
            for (layers, seen) in [
                ([first], "./a:1\n./b:1\n./d/x:1\n./e:1\ne\n"), ([first, second], "./a:2\n./d/y:2\n"),
                ([first, second, third], "./a:2\n./b:3\n./d/x:3\n./d/y:2\ne\n"),
                // Nobody must do this, and it harms nobody.
                ([third, first], "./a:1\n./b:1\n./d/x:1\n./e:1\ne\n"),
            ] {
                let sandbox = try await host.sandbox(on: layers)
                #expect(try await Self.run(look, in: sandbox) == seen, "\(layers.count) layers")
                await sandbox.destroy()
            }
        }
    }

    /// What only overlayfs may leave for itself: `whiteouts`, directories that hide those below, and files that are elsewhere.
    private static let forgery = """
        import os, stat
        def attempt(call, *arguments):
            try: call(*arguments)
            except OSError: pass
        for user in 'user', 'trusted':
            attempt(os.setxattr, 'd', f'{user}.overlay.opaque', b'y')
            attempt(os.setxattr, 'd', f'{user}.overlay.redirect', b'/etc')
            attempt(os.setxattr, 'e', f'{user}.overlay.metacopy', b'')
            attempt(os.setxattr, 'e', f'{user}.overlay.redirect', b'/../../../../../data/admin.token')
        attempt(os.mknod, 'a', stat.S_IFCHR | 0o666, 0)
        attempt(os.mknod, 'device', stat.S_IFCHR | 0o666, os.makedev(1, 3))
        open('d/z', 'w').write('2\\n')
        """

    @Test(arguments: [SandboxUser.sandbox, .root])
    func noProgramWritesWhatALayerWouldMeanByItself(user: SandboxUser) async throws {
        try await Host.with { host in
            let home = "cd \(user.home);"
            let first = try await host.sealed(("\(home) echo 1 > a; mkdir d; echo 1 > d/x; echo 1 > e", user))
            let forged = try await host.sealed(on: [first], ("\(home) python3 - <<'END'\n\(Self.forgery)\nEND", user))
            let sandbox = try await host.sandbox(on: [first, forged])
            let seen = try await Self.run("\(home) grep -r . . | sort; ls", user, in: sandbox)
            #expect(seen == "./a:1\n./d/x:1\n./d/z:2\n./e:1\na\nd\ne\n")
            await sandbox.destroy()
        }
    }

    @Test func asManyLayersAsThereMayBeAreReadThroughAndMoreAreRefused() async throws {
        try await Host.with { host in
            let owner = SandboxID()
            var layers: [SealedDiskID] = []
            for number in 0...RootLayers.mostSealedDisks {
                let sandbox = try await host.sandbox(.disk(owner, mebibytes: 8), on: [])
                try await Self.run("echo \(number) > own-\(number)", in: sandbox)
                await sandbox.destroy()
                layers.append(SealedDiskID())
                try await host.disks.sealCopy(of: owner, as: layers[number], of: Self.team)
                try await host.disks.remove(owner)
            }
            let error = await #expect(throws: OutpostError.self) { _ = try await host.sandbox(on: layers) }
            #expect(error?.code == .unprocessable)
            let twice = await #expect(throws: OutpostError.self) {
                _ = try await host.sandbox(on: [layers[0], layers[0]])
            }
            #expect(twice?.code == .unprocessable)
            let sandbox = try await host.sandbox(.disk(owner, mebibytes: 8), on: layers.dropLast())
            #expect(try await Self.run("cat own-* | wc -l", in: sandbox) == "16\n")
            #expect(try LoopDevices.backed(by: "\(host.directory)/sealed").count == 16)
            await sandbox.destroy()
            #expect(try await eventually { try LoopDevices.backed(by: "\(host.directory)/sealed").isEmpty })
        }
    }

    @Test func whatCannotBeALayerIsRefusedAndTheSpawnerGoesOn() async throws {
        try await Host.with { host in
            let good = try await host.sealed(("echo 1 > a", .sandbox))
            let folder = "\(host.directory)/sealed/team-a"
            let (garbage, missing) = (SealedDiskID(), SealedDiskID())
            for id in [garbage, missing] {
                try await HostCommand.run("cp", "\(folder)/\(good).ext4", "\(folder)/\(id).ext4")
            }
            // The server's own view is taken while all are there.
            try await host.disks.restoreSealed()
            try await HostCommand.run("truncate", "--size", "4096", "\(folder)/\(garbage).ext4")
            try removeEntry("\(folder)/\(missing).ext4")
            for layers in [[garbage], [missing], [good, garbage], [garbage, good]] {
                let error = await #expect(throws: OutpostError.self) { _ = try await host.sandbox(on: layers) }
                #expect(error?.code == .internal)
                #expect(try await eventually { try LoopDevices.backed(by: folder).isEmpty })
            }
            // It is another namespace's, or the server's own sandbox.
            for namespace in [NamespaceName.default, nil] {
                let error = await #expect(throws: OutpostError.self) {
                    _ = try await host.sandbox(on: [good], of: namespace)
                }
                #expect(error?.code == .notFound)
            }
            let sandbox = try await host.sandbox(on: [good])
            #expect(try await Self.run("cat a", in: sandbox) == "1\n")
            await sandbox.destroy()
            for id in [good, garbage, missing] { try await host.disks.removeSealed(id) }
        }
    }

    /// A host that lost its power may leave a sealed disk with a journal.
    @Test func aLayerWithAJournalIsSettledBeforeItsFirstUse() async throws {
        try await Host.with { host in
            let id = try await host.sealed(("echo 1 > a", .sandbox))
            try await HostCommand.run(
                "debugfs", "-w", "-R", "feature needs_recovery", "\(host.directory)/sealed/team-a/\(id).ext4")
            try await host.disks.restoreSealed()
            let sandbox = try await host.sandbox(on: [id])
            #expect(try await Self.run("cat a", in: sandbox) == "1\n")
            await sandbox.destroy()
            try await host.disks.removeSealed(id)
        }
    }

    @Test func aSpawnerThatDiedIsNotInTheWayOfTheNextOne() async throws {
        try await Host.with { host in
            let id = try await host.sealed(("echo 1 > a", .sandbox))
            let first = try #require(try await host.sandbox(on: [id]) as? NamespaceSandbox)
            let status = try readText("/proc/\(await first.process)/status")
            let parent = try #require(status.firstMatch(of: /PPid:\s+(\d+)/).flatMap { Int32($0.1) })
            #expect(kill(parent, SIGKILL) == 0)
            var next: (any RunningSandbox)?
            #expect(
                try await eventually {
                    next = try? await host.sandbox(on: [id])
                    return next != nil
                })
            let sandbox = try #require(next)
            #expect(try await Self.run("cat a", in: sandbox) == "1\n")
            await first.destroy()
            await sandbox.destroy()
            try await host.disks.removeSealed(id)
        }
    }

    @Test func sandboxesOfOneDiskThatComeAndGoShareItsDevice() async throws {
        try await Host.with { host in
            let id = try await host.sealed(("echo 1 > a", .sandbox))
            try await withThrowingTaskGroup(of: String.self) { group in
                for number in 0..<24 {
                    group.addTask {
                        let storage: SandboxSpec.Storage =
                            number % 3 == 0 ? .disk(SandboxID(), mebibytes: 8) : .memory(mebibytes: 16)
                        let sandbox = try await host.sandbox(storage, on: [id])
                        let text = try await Self.run("cat a; echo \(number) > a; cat a", in: sandbox)
                        await sandbox.destroy()
                        return text == "1\n\(number)\n" ? "" : "\(number): \(text)"
                    }
                }
                for try await problem in group { #expect(problem.isEmpty) }
            }
            #expect(try await eventually { try LoopDevices.backed(by: "\(host.directory)/sealed").isEmpty })
            try await host.disks.removeSealed(id)
        }
    }
}
