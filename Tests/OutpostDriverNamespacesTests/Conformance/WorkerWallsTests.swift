// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import OutpostTesting
import OutpostVolumes
import Testing

@testable import OutpostDriverNamespaces

/// What the programs of a sandbox may do to its worker, which is the same user's: nothing. A program in it would go on when
/// its run has ended.
@Suite(.reactor, .timeLimit(.minutes(5)))
struct WorkerWallsTests {
    @Reactor private static func startSpawner() throws -> SpawnerProcess { try SpawnerProcess.start() }

    /// Tries every process but itself, by every way that there is.
    private static let attack = """
        import ctypes, os, sys
        libc = ctypes.CDLL(None, use_errno=True)
        done = []
        for pid in range(1, 400):
            if pid == os.getpid(): continue
            for signal in (9, 19, 15):
                try: os.kill(pid, signal); done.append(f'signal {signal} to {pid}')
                except OSError: pass
            if libc.ptrace(16, pid, 0, 0) == 0: done.append(f'attach to {pid}')
            for path in ('mem', 'fd/0', 'fd/1', 'environ', 'exe', 'root'):
                for flags in (os.O_RDONLY, os.O_WRONLY):
                    try: os.open(f'/proc/{pid}/{path}', flags | os.O_NONBLOCK); done.append(f'open {path} of {pid}')
                    except OSError: pass
        print(done)
        """

    /// A sandbox with files, for a test.
    private static func withSandbox(
        _ user: SandboxUser, _ body: (any RunningSandbox, any SandboxFiles) async throws -> Void
    ) async throws {
        try await TemporaryDirectory.with { directory in
            let driver = try await NamespacesDriver.open(
                NamespacesDriver.Configuration(dataDirectory: directory, slots: 64),
                process: try await Self.startSpawner(), disks: DiskImages(dataDirectory: directory))
            let sandbox = try await driver.create(
                SandboxSpec(
                    storage: .memory(mebibytes: 64), namespace: .default, memoryMiB: 256, user: user,
                    workingDirectory: "/workspace"))
            try await body(sandbox, try await sandbox.files)
            await sandbox.destroy()
            await driver.shutDown()
        }
    }

    private static func run(
        _ code: String, as user: SandboxUser, in sandbox: any RunningSandbox
    ) async throws -> ProgramResult {
        var limits = ResourceLimits.shippedDefaults
        limits.timeoutMilliseconds = 60_000
        return try await sandbox.run(
            ProgramSpec(
                arguments: ["/usr/bin/python3", "-c", code], environment: [], workingDirectory: "/workspace",
                user: user, limits: limits))
    }

    @Test(arguments: [SandboxUser.sandbox, .root])
    func programsOfItsUserCannotReachIt(user: SandboxUser) async throws {
        try await Self.withSandbox(user) { sandbox, files in
            let changes = try await files.watch("/workspace", isRecursive: false)
            let result = try await Self.run(Self.attack, as: user, in: sandbox)
            #expect(String(decoding: result.stdout.bytes, as: UTF8.self) == "[]\n", "\(result.end)")
            // It is the same worker still, since what it began goes on.
            let writer = try await files.write("/workspace/a", options: FileWriteOptions())
            let written = try await writer.finish()
            #expect(try await changes.next()?.isEmpty == false)
            #expect(written.uid == user.uid)
        }
    }

    /// Folders one below the other, so deep that no path names the last.
    private static let deep = """
        import os
        for level in range(60):
            os.mkdir('n' * 250)
            os.chdir('n' * 250)
        os.symlink('/workspace', '/tmp/link')
        """

    @Test func foldersThatNoPathNamesAreListedAsFarAsOneDoesAndRemoved() async throws {
        try await Self.withSandbox(.sandbox) { sandbox, files in
            #expect(try await Self.run(Self.deep, as: .sandbox, in: sandbox).end == .exited(0))
            let listing = try await files.list("/workspace", depth: 256)
            var longest = 0
            while let entries = try await listing.next() {
                for entry in entries { longest = max(longest, entry.path.utf8.count) }
            }
            #expect((3800...4400).contains(longest))
            let changes = try await files.watch("/tmp/link", isRecursive: true)
            try await files.remove("/workspace/\(String(repeating: "n", count: 250))", isRecursive: true)
            #expect(try await changes.next()?.isEmpty == false)
            let rest = try await files.list("/workspace", depth: 1)
            #expect(try await rest.next() == nil)
        }
    }
}
