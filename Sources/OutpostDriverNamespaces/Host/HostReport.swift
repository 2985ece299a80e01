// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import OutpostVolumes
import OutpostWire

/// Checks whether this host meets the requirements of the namespaces driver.
public enum HostReport {
    /// Checks the kernel and its settings. It changes only limits of this process.
    public static func checks() -> [HostCheck] {
        [kernel(), cgroups()] + controllers()
            + [userNamespaces(), openFiles(), overlay(), seccomp(), loopDevices(), formatter(), isolation(), kvm()]
            + sideChannels()
            + SharedLimits.checks() + HostSettings.checks()
    }

    private static func kernel() -> HostCheck {
        guard let release = try? HostFacts.kernelRelease() else {
            return HostCheck("kernel", .missing, "unknown", advice: "mount /proc")
        }
        let parts = release.split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
        let isNewEnough = parts.count == 2 && (parts[0], parts[1]) >= (5, 19)
        return HostCheck(
            "kernel", isNewEnough ? .ok : .missing, release,
            advice: isNewEnough ? "" : "id-mapped layers under an overlay need Linux 5.19 or newer")
    }

    private static func cgroups() -> HostCheck {
        guard let layout = try? CgroupLayout.detect() else {
            return HostCheck("cgroups", .missing, "/proc/self/mountinfo cannot be read", advice: "mount /proc")
        }
        switch layout.mode {
        case .unified: return HostCheck("cgroups", .ok, "v2 at \(layout.unified ?? "")")
        case .hybrid: return HostCheck("cgroups", .ok, "hybrid: limits in v1, kill in v2 at \(layout.unified ?? "")")
        case .legacy:
            return HostCheck(
                "cgroups", .note, "v1 only",
                advice: "a run is killed by freezing it first; a mounted cgroup2 hierarchy makes this faster")
        }
    }

    private static func controllers() -> [HostCheck] {
        let layout = try? CgroupLayout.detect()
        return CgroupController.allCases.map { controller in
            let name = "cgroup controller \(controller.rawValue)"
            if layout?.isUnified(controller) == true { return HostCheck(name, .ok, "v2") }
            if let path = layout?.legacy[controller.rawValue] { return HostCheck(name, .ok, "v1 at \(path)") }
            return HostCheck(
                name, .missing, "not found", advice: "boot with it enabled; see cgroup_no_v1 and cgroup_enable")
        }
    }

    private static func number(_ path: String) -> Int? {
        guard let text = try? readText(path) else { return nil }
        return Int(text.prefix { $0.isNumber })
    }

    private static func userNamespaces() -> HostCheck {
        let most = number("/proc/sys/user/max_user_namespaces") ?? 0
        return HostCheck(
            "user namespaces", most > 0 ? .ok : .missing, "at most \(most)",
            advice: most > 0 ? "" : "sysctl user.max_user_namespaces=15000")
    }

    /// Checks the limit of open files. An idle live sandbox needs two files, a run about ten.
    private static func openFiles() -> HostCheck {
        guard let most = try? ServerProcess.raiseFileLimit() else {
            return HostCheck("open files", .missing, "the limit cannot be read", advice: "mount /proc")
        }
        let isEnough = most >= Int(GuestProgram.openFiles)
        return HostCheck(
            "open files", isEnough ? .ok : .missing, "at most \(most)",
            advice: isEnough
                ? ""
                : "ulimit -Hn 1048576, or LimitNOFILE= in the unit: a program in a sandbox may have "
                    + "\(Int(GuestProgram.openFiles))")
    }

    private static func overlay() -> HostCheck {
        let isKnown = (try? readText("/proc/filesystems"))?.contains("\toverlay\n") ?? false
        return HostCheck(
            "overlay", isKnown ? .ok : .note, isKnown ? "registered" : "not loaded yet",
            advice: isKnown ? "" : "modprobe overlay, unless the test below succeeds")
    }

    private static func seccomp() -> HostCheck {
        let actions = (try? readText("/proc/sys/kernel/seccomp/actions_avail")) ?? ""
        let isThere = actions.contains("errno") && actions.contains("kill_process")
        return HostCheck(
            "seccomp", isThere ? .ok : .missing, isThere ? "filters with errno" : "not available",
            advice: isThere ? "" : "boot a kernel with CONFIG_SECCOMP_FILTER")
    }

    private static func loopDevices() -> HostCheck {
        let isThere = exists("/dev/loop-control")
        return HostCheck(
            "loop devices", isThere ? .ok : .missing, isThere ? "/dev/loop-control" : "no /dev/loop-control",
            advice: isThere ? "" : "modprobe loop; stateful sandboxes need it")
    }

    private static func formatter() -> HostCheck {
        let path = ["/usr/sbin/mkfs.ext4", "/sbin/mkfs.ext4"].first(where: exists)
        return HostCheck(
            "mkfs.ext4", path == nil ? .missing : .ok, path ?? "not found",
            advice: path == nil ? "apt-get install e2fsprogs; stateful sandboxes need it" : "")
    }

    private static func isolation() -> HostCheck {
        let others = Isolation.allCases.compactMap { $0.refusal(having: .namespaces) == nil ? nil : $0.rawValue }
        return HostCheck(
            "isolation", .ok,
            "namespaces; this version has no driver for \(others.joined(separator: " and "))")
    }

    private static func kvm() -> HostCheck {
        let isThere = (try? Descriptor.open("/dev/kvm", .readWrite)) != nil
        return HostCheck("KVM", .note, isThere ? "/dev/kvm opens" : "not available", advice: "not needed")
    }

    /// Checks for side channels, which namespaces cannot block. The advice is the same as for microVMs.
    private static func sideChannels() -> [HostCheck] {
        let swaps = ((try? readText("/proc/swaps")) ?? "").split(separator: "\n").count - 1
        return [
            vulnerabilities(),
            toggled(
                "SMT", isOn: number("/sys/devices/system/cpu/smt/active") == 1,
                advice: "turn it off if tenants must not observe each other"),
            toggled("KSM", isOn: number("/sys/kernel/mm/ksm/run") == 1, advice: "echo 0 > /sys/kernel/mm/ksm/run"),
            toggled("swap", isOn: swaps > 0, advice: "sandboxes never use it"),
        ]
    }

    private static func toggled(_ name: String, isOn: Bool, advice: String) -> HostCheck {
        HostCheck(name, isOn ? .note : .ok, isOn ? "on" : "off", advice: isOn ? advice : "")
    }

    /// Lists known weaknesses of the processor without a mitigation in the kernel.
    private static func vulnerabilities() -> HostCheck {
        let folder = "/sys/devices/system/cpu/vulnerabilities"
        guard let names = try? entries(of: folder), !names.isEmpty else {
            return HostCheck(
                "processor vulnerabilities", .note, "the kernel does not list them", advice: "update the kernel")
        }
        let open = names.filter { ((try? readText("\(folder)/\($0)")) ?? "").hasPrefix("Vulnerable") }
        return HostCheck(
            "processor vulnerabilities", open.isEmpty ? .ok : .note,
            open.isEmpty ? "\(names.count) known, none open" : "open: \(open.joined(separator: ", "))",
            advice: open.isEmpty ? "" : "update kernel and microcode, and boot without mitigations=off")
    }

    /// Checks whether `/usr` and the data directory support id-mapped mounts. Needs root.
    public static func idMappedMounts(dataDirectory: String) -> [HostCheck] {
        ["/usr", dataDirectory].map { path in
            do throws(SystemError) {
                try IDMappedMountProbe.run(on: path)
                return HostCheck("id-mapped mount of \(path)", .ok, "mapped")
            } catch {
                return HostCheck(
                    "id-mapped mount of \(path)", .missing, "\(error)",
                    advice: "needs ext4, xfs or btrfs, or tmpfs since Linux 6.3; choose another --data-dir")
            }
        }
    }

    /// Runs a program in a real sandbox with each kind of storage. Uses this data directory, and leaves no sandbox or
    /// disk.
    public static func trial(dataDirectory: String, process: SpawnerProcess) async -> [HostCheck] {
        do {
            let disks = DiskImages(dataDirectory: dataDirectory)
            let driver = try await NamespacesDriver.open(
                .init(dataDirectory: dataDirectory, slots: 4), process: process, disks: disks)
            let checks = [
                await trial("ephemeral sandbox", .memory(mebibytes: 16), driver), await diskTrial(driver, disks),
            ]
            await driver.shutDown()
            return checks
        } catch {
            return [
                HostCheck("sandbox", .missing, error.message, advice: "see the line above that says missing")
            ]
        }
    }

    private static func diskTrial(_ driver: NamespacesDriver, _ disks: DiskImages) async -> HostCheck {
        let id = SandboxID()
        do {
            let check = await trial("stateful sandbox", .disk(id, mebibytes: 16), driver)
            try await disks.remove(id)
            return check
        } catch {
            return HostCheck("stateful sandbox", .missing, "\(error)", advice: "check loop devices and mkfs.ext4")
        }
    }

    private static func trial(
        _ name: String, _ storage: SandboxSpec.Storage, _ driver: NamespacesDriver
    ) async -> HostCheck {
        let start = monotonicNanoseconds()
        do throws(OutpostError) {
            let spec = SandboxSpec(storage: storage, memoryMiB: 64, user: .sandbox, workingDirectory: "/workspace")
            let handle = try await driver.create(spec)
            let limits = ResourceLimits(
                memoryMiB: 64, cpuCores: 1, timeoutMilliseconds: 10_000, diskMiB: 16, maxProcesses: 8,
                maxOutputBytes: 4096)
            let outcome: ProgramResult
            do throws(OutpostError) {
                outcome = try await handle.run(
                    ProgramSpec(
                        arguments: ["/usr/bin/true"], environment: [], workingDirectory: "/workspace", user: .sandbox,
                        limits: limits))
            } catch {
                await handle.destroy()
                throw error
            }
            await handle.destroy()
            guard outcome.end == .exited(0) else {
                return HostCheck(name, .missing, "/usr/bin/true ended with \(outcome.end)", advice: "look above")
            }
            let microseconds = (monotonicNanoseconds() - start) / 1000
            return HostCheck(name, .ok, "made, used and removed in \(microseconds) microseconds")
        } catch {
            return HostCheck(name, .missing, "\(error)", advice: "id-mapped mounts or overlay are refused here")
        }
    }
}
