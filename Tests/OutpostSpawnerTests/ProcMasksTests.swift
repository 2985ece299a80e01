// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc
import OutpostLinux
import Testing

@testable import OutpostSpawner

/// What of /proc tells of the host, or changes it, is covered in every sandbox.
struct ProcMasksTests {
    /// Runs `body` with a folder that looks like a /proc with these entries.
    ///
    /// - Parameter closed: those that only their owner may read.
    private func withProc(
        files: [String], directories: [String], closed: Set<String> = [], _ body: (String) throws -> Void
    ) throws {
        let path = "/tmp/outpost-spawner-\(UInt64.random(in: 0...(.max)))"
        try makeDirectory(path)
        for name in files { try writeFile("\(path)/\(name)", "", flags: [.writeOnly, .create], mode: 0o600) }
        for name in directories { try makeDirectory("\(path)/\(name)") }
        for name in files + directories { try setMode("\(path)/\(name)", closed.contains(name) ? 0o500 : 0o555) }
        let outcome = Result { try body(path) }
        try removeTree(path)
        try outcome.get()
    }

    @Test func filesDirectoriesAndSettingsAreCoveredEachInTheirWay() throws {
        try withProc(files: ["kcore", "keys", "meminfo"], directories: ["acpi", "sys", "irq", "tty"]) { proc in
            #expect(
                ProcMasks(proc: proc).steps(root: "/r") == [
                    .bind(
                        source: "/r/dev/null", target: "/r/proc/kcore",
                        attributes: MountAttributes([.readOnly, .noExecute]).rawValue),
                    .bind(
                        source: "/r/dev/null", target: "/r/proc/keys",
                        attributes: MountAttributes([.readOnly, .noExecute]).rawValue),
                    .mount(
                        source: "tmpfs", target: "/r/proc/acpi", type: "tmpfs",
                        options: "size=4k,nr_inodes=2,mode=0555",
                        flags: MountFlags.plain | MountFlags.noExecute | MountFlags.readOnly),
                    .bind(
                        source: "/r/proc/irq", target: "/r/proc/irq",
                        attributes: MountAttributes([.readOnly, .noSetUID, .noDevices, .noExecute]).rawValue),
                    .bind(
                        source: "/r/proc/sys", target: "/r/proc/sys",
                        attributes: MountAttributes([.readOnly, .noSetUID, .noDevices, .noExecute]).rawValue),
                ])
        }
    }

    @Test func whatOnlyTheHostsRootMayReadIsLeftToTheKernel() throws {
        try withProc(files: ["kcore"], directories: ["acpi", "sys"], closed: ["kcore", "acpi", "sys"]) { proc in
            let targets = ProcMasks(proc: proc).steps(root: "/r").map(\.label)
            #expect(targets == ["bind /r/proc/sys on /r/proc/sys"])
        }
    }

    @Test func whatThisKernelDoesNotHaveIsNotMounted() throws {
        try withProc(files: [], directories: []) { #expect(ProcMasks(proc: $0).steps(root: "/r").isEmpty) }
        #expect(ProcMasks(proc: "/none").steps(root: "/r").isEmpty)
    }

    @Test(arguments: ["keys", "kallsyms", "locks", "modules", "interrupts", "cmdline", "softirqs"])
    func whatThisHostShowsToEverybodyIsCovered(name: String) throws {
        let covered = ProcMasks(proc: "/proc").steps(root: "").contains { step in
            if case .bind("/dev/null", "/proc/\(name)", _, _) = step { true } else { false }
        }
        var status = stat()
        let isShown = stat("/proc/\(name)", &status) == 0 && status.st_mode & 0o007 != 0
        #expect(covered == isShown)
    }

    @Test func settingsOfThisHostAreReadOnly() {
        let targets = ProcMasks(proc: "/proc").steps(root: "").compactMap { step in
            if case .bind(let source, let target, _, _) = step, source == target { target } else { nil }
        }
        #expect(targets.contains("/proc/sys"))
        #expect(targets.contains("/proc/pressure") == exists("/proc/pressure"))
    }
}
