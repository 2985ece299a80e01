// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostWire
import Testing

@testable import OutpostSpawner

/// The way of a sandbox's first process from clone to the agent, as data.
struct SandboxLayoutTests {
    private static let memory = LaunchRequest(
        slot: 3, tenant: "t", storage: .memory(bytes: 1 << 30, files: 65_536), hostname: "sandbox",
        scratchBytes: 256 << 20,
        workingDirectory: "/home/sandbox/work", owner: 1000)

    private static let disk = LaunchRequest(
        slot: 3, tenant: "t", storage: .disk(sandbox: "sbx_0123456789ab"), hostname: "sandbox", scratchBytes: 1 << 20,
        workingDirectory: "/w", owner: 0)

    private static let (lower, upper) = (SealedDiskID(number: 1), SealedDiskID(number: 2))

    /// A sandbox on two sealed disks.
    private func layered(_ base: LaunchRequest) throws -> LaunchRequest {
        var request = base
        request.layers = try RootLayers(hostImageBelow: [Self.lower, Self.upper])
        return request
    }

    private func steps(_ request: LaunchRequest) -> [ChildStep] {
        SandboxLayout.steps(
            request, sync: 11, socket: 12, events: 15, null: 13, image: 14, masks: ProcMasks(proc: "/none"))
    }

    @Test func aSandboxInMemoryIsBuiltInThisOrder() {
        #expect(steps(Self.memory).map(\.words) == GoldenSteps.memory)
    }

    @Test func theAgentIsToldWhatProgramsSeeOfTheirCgroups() {
        let steps = SandboxLayout.steps(
            Self.memory, sync: 11, socket: 12, events: 15, null: 13, image: 14, masks: ProcMasks(proc: "/none"),
            view: CgroupView(["memory", "cpu,cpuacct"], copiesDevice: 7))
        #expect(
            steps.last
                == .executeDescriptor(
                    14, arguments: ["outpost-init", "guest", "7", "memory", "cpu,cpuacct"], environment: []))
    }

    @Test(arguments: [(memory, 4), (disk, 5)])
    func onVersionOneThePlaceholdersOfCgroupsComeLastAndAreAttachedInside(request: LaunchRequest, position: Int) throws
    {
        let steps = SandboxLayout.steps(
            request, sync: 11, socket: 12, events: 15, null: 13, image: 14, masks: ProcMasks(proc: "/none"),
            view: CgroupView(["memory", "cpu"], placeholders: ["cpuset"]))
        #expect(steps[0] == .receiveDescriptors(socket: 11, count: position + 1))
        let pivot = try #require(steps.firstIndex(of: .pivotRoot("/stage/root")))
        #expect(
            steps[pivot...].contains(
                .moveMount(position: position, target: "/sys/fs/cgroup/others", isOptional: true)))
        // Of version 2 nothing comes but the run's own.
        let unified = SandboxLayout.steps(
            request, sync: 11, socket: 12, events: 15, null: 13, image: 14, masks: ProcMasks(proc: "/none"),
            view: CgroupView(["cgroup2"]))
        #expect(unified[0] == .receiveDescriptors(socket: 11, count: position))
        #expect(!unified.contains { $0.paths.contains("/sys/fs/cgroup/others") })
    }

    @Test func aSandboxOnADiskIsBuiltInThisOrder() {
        #expect(steps(Self.disk).map(\.words) == GoldenSteps.disk)
    }

    @Test(arguments: [memory, disk])
    func nothingIsTouchedBeforeTheParentHasWrittenTheIdMaps(request: LaunchRequest) {
        let steps = steps(request)
        let count = if case .disk = request.storage { 5 } else { 4 }
        #expect(steps[0] == .receiveDescriptors(socket: 11, count: count))
        #expect(steps[1] == .setIDs(uid: 0, gid: 0))
    }

    @Test(arguments: [memory, disk])
    func pathsInsideTheSandboxAreOnlyUsedAfterTheOldRootIsGone(request: LaunchRequest) throws {
        let steps = steps(request)
        let pivot = try #require(steps.firstIndex(of: .pivotRoot("/stage/root")))
        for step in steps[..<pivot] { #expect(step.paths.allSatisfy { $0.hasPrefix("/stage") }, "\(step.label)") }
        for step in steps[pivot...].dropFirst() {
            #expect(step.paths.allSatisfy { !$0.hasPrefix("/stage") }, "\(step.label)")
            if case .mount = step { Issue.record("\(step.label) comes after the pivot") }
        }
    }

    @Test func everySandboxIsToldAnotherBootIdentity() throws {
        func identity() throws -> String {
            for case .writeFile("/stage/root/dev/shm/boot_id", let content, 0o444) in steps(Self.memory) {
                return String(decoding: content, as: UTF8.self)
            }
            throw CancellationError()
        }
        let first = try identity()
        #expect(
            first.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\n/) != nil)
        #expect(try identity() != first)
    }

    @Test(arguments: [memory, disk])
    func privilegesGoInTheOrderThatTakesThemAll(request: LaunchRequest) throws {
        let kept = SandboxLayout.agentCapabilities
        #expect(
            steps(request).suffix(7) == [
                .keepBounding(kept),
                .processControl(ProcessControl.keepCapabilities, 1),
                .setIDs(uid: 64_000, gid: 64_000),
                .capabilities(kept, ambient: kept),
                .processControl(ProcessControl.noNewPrivileges, 1),
                .processControl(ProcessControl.parentDeathSignal, 9),
                .executeDescriptor(14, arguments: ["outpost-init", "guest"], environment: []),
            ])
    }

    @Test func theAgentKeepsNoMoreThanItNeeds() {
        #expect(SandboxLayout.agentCapabilities == [.setUID, .setGID, .setPrivileges, .administerSystem])
        #expect(!SandboxUsers.all.contains(SandboxLayout.agentID))
    }

    @Test func theAgentGetsItsSocketAndItsPipeAndNothingElse() throws {
        let steps = steps(Self.memory)
        let start = try #require(steps.firstIndex(of: .duplicate(13, to: 0)))
        #expect(
            steps[start...].prefix(6) == [
                .duplicate(13, to: 0), .duplicate(13, to: 1), .duplicate(13, to: 2), .duplicate(12, to: 3),
                .duplicate(15, to: 4), .closeFrom(5),
            ])
    }

    @Test(arguments: [memory, disk])
    func noFileSystemGivesPrivilegesOrDevices(request: LaunchRequest) {
        for case .mount(_, let target, let type, let options, let flags) in steps(request) {
            if type == "devpts" {
                #expect(flags == MountFlags.noSetUID | MountFlags.noExecute)
                #expect(options == "newinstance,ptmxmode=0666,mode=0620,max=64")
                #expect(target == "/stage/root/dev/pts")
            } else {
                #expect(flags & MountFlags.plain == MountFlags.plain, "\(target)")
            }
        }
    }

    @Test func memoryIsBoundedInBytesAndFiles() {
        let mounts = steps(Self.memory).compactMap { step in
            if case .mount(_, let target, "tmpfs", let options, _) = step { "\(target) \(options)" } else { nil }
        }
        #expect(
            mounts == [
                "/stage size=1073741824,nr_inodes=65536,mode=0755",
                "/stage/root/dev/shm size=268435456,nr_inodes=16384,mode=1777",
            ])
    }

    @Test func onADiskTheTemporaryDirectoryIsNewForEveryStart() {
        #expect(
            steps(Self.disk).contains(
                .mount(
                    source: "tmpfs", target: "/stage/root/tmp", type: "tmpfs",
                    options: "size=1048576,nr_inodes=1024,mode=1777", flags: MountFlags.plain)))
    }

    @Test func aReadOnlyRootLeavesTheWorkingDirectoryAndTheTemporaryOneWritable() throws {
        var request = Self.memory
        request.isRootReadOnly = true
        let steps = steps(request)
        let closed = MountAttributes([.readOnly, .noSetUID, .noDevices]).rawValue
        let open = MountAttributes([.noSetUID, .noDevices]).rawValue
        let expected: [ChildStep] = [
            .bind(source: "/tmp", target: "/tmp", attributes: open),
            .bind(
                source: "/home/sandbox/work", target: "/home/sandbox/work", attributes: open, isOptional: true),
            .restrictMount("/usr", attributes: closed),
            .restrictMount("/", attributes: closed),
        ]
        let start = try #require(steps.firstIndex(of: expected[0]))
        #expect(steps[start...].prefix(4) == expected[...])
        // Everything that is made in the root is made before, and nothing else differs.
        #expect(!steps[start...].contains { if case .makeDirectory = $0 { true } else { false } })
        let ordinary = GoldenSteps.memory.filter { $0 != "mount devpts on /stage/root/dev/pts" }
        #expect(steps.filter { !expected.contains($0) }.map(\.words) == ordinary)
    }

    @Test func theHostsFilesAreReadOnlyLayers() {
        let overlays = steps(Self.memory).compactMap { step in
            if case .mount(_, let target, "overlay", let options, _) = step { "\(target) \(options)" } else { nil }
        }
        #expect(
            overlays == [
                "/stage/root lowerdir=/stage/lower,upperdir=/stage/upper,workdir=/stage/work,userxattr",
                "/stage/root/usr lowerdir=/stage/lower-usr,upperdir=/stage/usr-upper,workdir=/stage/usr-work,userxattr",
            ])
    }

    @Test(arguments: [memory, disk])
    func sealedDisksAreBetweenTheHostsFilesAndWhatIsWrittenTheLastOnTop(base: LaunchRequest) throws {
        let overlays = steps(try layered(base)).compactMap { step in
            if case .mount(_, let target, "overlay", let options, _) = step { "\(target) \(options)" } else { nil }
        }
        #expect(
            overlays == [
                "/stage/root lowerdir=/stage/layer-3/upper:/stage/layer-2/upper:/stage/lower,upperdir=/stage/upper,"
                    + "workdir=/stage/work,userxattr",
                "/stage/root/usr lowerdir=/stage/layer-3/usr-upper:/stage/layer-2/usr-upper:/stage/lower-usr,"
                    + "upperdir=/stage/usr-upper,workdir=/stage/usr-work,userxattr",
            ])
    }

    @Test(arguments: [memory, disk])
    func aSealedDiskIsReceivedAndAttachedOnce(base: LaunchRequest) throws {
        let request = try layered(base)
        let isDisk = if case .disk = base.storage { true } else { false }
        #expect(
            SandboxLayout.mounts(request) == [
                .hostRoot, .hostUsr, .sealedDisk(Self.lower), .sealedDisk(Self.upper), .devices, .processors,
            ] + (isDisk ? [.storage] : []))
        let steps = steps(request)
        #expect(steps[0] == .receiveDescriptors(socket: 11, count: isDisk ? 7 : 6))
        #expect(steps.contains(.makeDirectory("/stage/layer-2", mode: 0o755)))
        #expect(steps.contains(.moveMount(position: 2, target: "/stage/layer-2")))
        #expect(steps.contains(.moveMount(position: 3, target: "/stage/layer-3")))
        #expect(steps.contains(.moveMount(position: 4, target: "/stage/root/dev")))
    }

    @Test func withoutSealedDisksNothingIsDoneForThem() throws {
        var request = Self.memory
        request.layers = try RootLayers(hostImageBelow: [])
        #expect(steps(request).map(\.words) == GoldenSteps.memory)
    }

    @Test func aRootInOnePieceHasNoOverlayForUser() throws {
        var request = Self.memory
        request.layers = try RootLayers([.hostRoot])
        request.isRootReadOnly = true
        let words = steps(request).map(\.words)
        #expect(words.filter { $0.contains("usr") }.isEmpty)
        #expect(steps(request)[0] == .receiveDescriptors(socket: 11, count: 3))
    }

    @Test func onlyTheWorkingDirectoryItselfGoesToTheProgramsUser() {
        let made = steps(Self.memory).compactMap { step -> String? in
            guard case .makeDirectory(let path, _, let owner, let isOptional) = step, !path.hasPrefix("/stage") else {
                return nil
            }
            return "\(path) \(owner.map(String.init) ?? "-") \(isOptional)"
        }
        #expect(
            made == [
                "/root - false", "/home/sandbox 1000 false", "/home - true", "/home/sandbox - true",
                "/home/sandbox/work 1000 true",
            ])
    }
}

/// The ids that programs run as.
private enum SandboxUsers {
    static let all: [UInt32] = [0, 1000, 65_534]
}

extension ChildStep {
    /// The paths that the child looks up.
    fileprivate var paths: [String] {
        switch self {
        case .mount(_, let target, _, _, _), .moveMount(_, let target, _): [target]
        case .bind(let source, let target, _, _): [source, target]
        case .restrictMount(let path, _), .makeDirectory(let path, _, _, _), .writeFile(let path, _, _),
            .writeSetting(let path, _, _), .removeFile(let path), .pivotRoot(let path),
            .changeDirectory(let path):
            [path]
        default: []
        }
    }
}
