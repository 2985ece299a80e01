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

    private static func bind(_ source: String, _ target: String) -> ChildStep {
        .mount(source: source, target: target, type: "", options: "", flags: MountFlags.bind)
    }

    @Test func filesDirectoriesAndSettingsAreCoveredEachInTheirWay() throws {
        try withProc(files: ["kcore", "keys", "meminfo"], directories: ["acpi", "sys", "irq", "tty"]) { proc in
            #expect(
                ProcMasks(proc: proc).steps(root: "/r") == [
                    Self.bind("/r/dev/null", "/r/proc/kcore"),
                    Self.bind("/r/dev/null", "/r/proc/keys"),
                    .mount(
                        source: "tmpfs", target: "/r/proc/acpi", type: "tmpfs",
                        options: "size=4k,nr_inodes=2,mode=0555",
                        flags: MountFlags.plain | MountFlags.noExecute | MountFlags.readOnly),
                    Self.bind("/r/proc/irq", "/r/proc/irq"),
                    .restrictMount("/r/proc/irq", attributes: MountAttributes.readOnly.rawValue),
                    Self.bind("/r/proc/sys", "/r/proc/sys"),
                    .restrictMount("/r/proc/sys", attributes: MountAttributes.readOnly.rawValue),
                ])
        }
    }

    @Test func whatOnlyTheHostsRootMayReadIsLeftToTheKernel() throws {
        try withProc(files: ["kcore"], directories: ["acpi", "sys"], closed: ["kcore", "acpi", "sys"]) { proc in
            let targets = ProcMasks(proc: proc).steps(root: "/r").map(\.label)
            #expect(targets.first == "bind /r/proc/sys on /r/proc/sys" && targets.count == 2)
        }
    }

    @Test func whatThisKernelDoesNotHaveIsNotMounted() throws {
        try withProc(files: [], directories: []) { #expect(ProcMasks(proc: $0).steps(root: "/r").isEmpty) }
        #expect(ProcMasks(proc: "/none").steps(root: "/r").isEmpty)
    }

    @Test(arguments: ["keys", "kallsyms", "locks", "modules", "interrupts", "cmdline", "softirqs"])
    func whatThisHostShowsToEverybodyIsCovered(name: String) throws {
        let covered = ProcMasks(proc: "/proc").steps(root: "").contains { step in
            if case .mount("/dev/null", "/proc/\(name)", _, _, MountFlags.bind) = step { true } else { false }
        }
        var status = stat()
        let isShown = stat("/proc/\(name)", &status) == 0 && status.st_mode & 0o007 != 0
        #expect(covered == isShown)
    }

    @Test func settingsOfThisHostAreReadOnly() {
        let targets = ProcMasks(proc: "/proc").steps(root: "").compactMap { step in
            if case .restrictMount(let target, MountAttributes.readOnly.rawValue) = step { target } else { nil }
        }
        #expect(targets.contains("/proc/sys"))
        #expect(targets.contains("/proc/pressure") == exists("/proc/pressure"))
    }
}
