// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostWire

/// The sandboxes and cgroups that exist on this host.
struct SpawnerHost {
    /// A sandbox whose agent has been cloned.
    struct LiveSandbox {
        let child: ChildProcess
        let group: SandboxCgroup
        /// Whether a zygote cloned it, so that its end is to be seen on its pidfd.
        var isForeign = false
        var isDead = false
        /// The request that waits for its end.
        var destroyRequest: UInt64?
        /// The loop device of its disk and the inode behind it.
        let disk: (device: String, inode: UInt64)?
        /// Those that its runs are held to, by run.
        var processors: [UInt64: ProcessorSet] = [:]
    }

    let configuration: SpawnerConfiguration
    let root: SpawnerRoot
    let tree: CgroupTree<KernelCgroupFiles>
    var groups: SandboxCgroups<KernelCgroupFiles>
    var sandboxes: [UInt32: LiveSandbox] = [:]
    var sealedDisks = SealedDiskMounts()
    /// The processors that whoever is in a range of ids finds online, as the file there says.
    private var online: [UInt32: ProcessorSet] = [:]
    /// Interpreters to fork from, by the slot of their sandbox.
    var zygotes: [UInt32: MessageSocket] = [:]
    /// The cgroups of runs that are not finished, by number, and the tenants that they belong to.
    private var runs: [UInt64: (name: String, tenant: String, slot: UInt32)] = [:]
    /// Cgroups of runs that are over.
    private var ending = EndingCgroups()
    /// Sandboxes that are dead, whose disks are not free yet.
    private var unsettled: Set<UInt32> = []
    /// When cgroups that nobody uses were looked for last, in nanoseconds.
    private var tidied: UInt64 = 0
    /// Sandboxes to be destroyed that are not this process's children.
    private var foreigners: Set<UInt32> = []
    private var finishedDestroys: [UInt64] = []
    private var dyingRuns = DyingRuns()
    private var finishedRuns: [DyingRuns.Run] = []

    /// Those on which runs may be.
    let all = ProcessorSet.allowed()

    /// Where this process itself is.
    static let own = "_spawner"

    init(_ configuration: SpawnerConfiguration) throws(SystemError) {
        self.configuration = configuration
        CreatorLimits.lift()
        KernelSettings.raiseHostLimits(sandboxes: configuration.ordinarySlots)
        root = try SpawnerRoot.enter(configuration)
        tree = CgroupTree(layout: root.layout, base: configuration.cgroupBase, files: KernelCgroupFiles())
        try Self.sweep(tree)
        try tree.prepare()
        try tree.enter(Self.own)
        try tree.setWeight(CgroupShare.platform.weight, of: Self.own)
        // A host without numbers for new processes can start none, not even to be repaired.
        try tree.limitProcesses(try HostFacts.mostProcesses() / 4 * 3, of: "")
        groups = SandboxCgroups(tree)
    }

    /// Ends what a killed predecessor left. Its cgroups carry the same base, so nothing needs to have been written down;
    /// and once a cgroup can be removed, the mounts and devices of its processes are gone too.
    private static func sweep(_ tree: CgroupTree<KernelCgroupFiles>) throws(SystemError) {
        if let problem = try remove(tree, until: monotonicNanoseconds() + sweepPatience) { throw problem }
    }

    /// Kills what is in the cgroups below the base, and removes them.
    ///
    /// - Parameter kept: the one that stays.
    /// - Returns: why one is still there at the deadline; nil when none is.
    /// - Throws: `SystemError` when one cannot be killed, or removed for another reason than that it is in use.
    private static func remove(
        _ tree: CgroupTree<KernelCgroupFiles>, but kept: String? = nil, until deadline: UInt64
    ) throws(SystemError) -> SystemError? {
        while true {
            var problem: SystemError?
            for name in try tree.names() where name != kept {
                try tree.kill(name)
                do throws(SystemError) {
                    try tree.remove(name)
                } catch {
                    guard error.number == SystemError.busy else { throw error }
                    problem = error
                }
            }
            guard problem != nil, monotonicNanoseconds() < deadline else { return problem }
            // The only event that tells of an empty version 1 cgroup is an empty reading.
            _ = try poll([], milliseconds: 1)
        }
    }

    /// Milliseconds until this process must look again at what gives no event of its own, -1 for ever.
    var patience: Int32 {
        let isDying = !ending.isEmpty || !dyingRuns.isEmpty || !unsettled.isEmpty
        return isDying ? 1 : groups.hasFree ? 1000 : -1
    }

    /// Makes the cgroup of a run in a sandbox.
    ///
    /// - Returns: where a process enters it and the mounts by which it is seen, and the alarm for its memory if there is one.
    /// - Throws: `SystemError`; nothing of the run is left then.
    mutating func prepare(
        _ run: UInt64, in group: SandboxCgroup, slot: UInt32, _ limits: RunLimits
    ) throws(SystemError) -> ([Descriptor], Descriptor?) {
        guard runs[run] == nil else { throw SystemError("make the run \(run)", number: SystemError.exists) }
        let name = group.run(run)
        try tree.create(name, limits: groups.fitting(CgroupLimits(limits), in: group.tenant))
        do throws(SystemError) {
            let view = try root.view.mounts(of: name, in: tree).map(\.descriptor)
            let opened = (try tree.cgroupProcs(name) + view, try tree.memoryAlarm(name))
            runs[run] = (name, group.tenant, slot)
            return opened
        } catch {
            ending.insert(name, now: monotonicNanoseconds())
            throw error
        }
    }

    /// Forgets a run that was prepared and that nothing has joined.
    mutating func forget(_ run: UInt64) {
        if let known = runs.removeValue(forKey: run) { ending.insert(known.name, now: monotonicNanoseconds()) }
    }

    /// How a process enters a cgroup by descriptors of its cgroup.procs descriptors.
    static func entering(_ cgroupProcs: [Int32]) -> [ChildStep] {
        cgroupProcs.map { .write(descriptor: $0, Array("0".utf8)) }
    }

    /// The first process of a sandbox that is up.
    func process(_ slot: UInt32) throws(SystemError) -> Int32 {
        guard let sandbox = sandboxes[slot] else {
            throw SystemError("find the sandbox \(slot)", number: SystemError.notFound)
        }
        return sandbox.child.pid
    }

    /// The cgroup of a sandbox that is up.
    func group(_ slot: UInt32) throws(SystemError) -> SandboxCgroup {
        guard let sandbox = sandboxes[slot] else {
            throw SystemError("find the sandbox \(slot)", number: SystemError.notFound)
        }
        return sandbox.group
    }

    func name(of run: UInt64) throws(SystemError) -> String {
        guard let known = runs[run] else {
            throw SystemError("find the run \(run)", number: SystemError.notFound)
        }
        return known.name
    }

    func limit(_ run: UInt64, _ limits: RunLimits) throws(SystemError) {
        let name = try name(of: run)
        try tree.limit(name, to: groups.fitting(CgroupLimits(limits), in: runs[run]?.tenant ?? ""))
    }

    mutating func setAffinity(of run: UInt64, to processors: ProcessorSet) throws(SystemError) {
        try tree.setAffinity(try name(of: run), to: processors.isEmpty ? all : processors)
        guard let slot = runs[run]?.slot else { return }
        try show(processors, of: run, slot: slot)
        // The program may start after this: its run may have been made ahead.
        hold(slot, to: processors)
    }

    /// Has a sandbox find the processors of its runs, all that any of them has.
    ///
    /// - Parameter processors: those of a run; none for all.
    mutating func show(_ processors: ProcessorSet, of run: UInt64, slot: UInt32) throws(SystemError) {
        guard let old = sandboxes[slot]?.processors, old[run] != processors else { return }
        sandboxes[slot]?.processors[run] = processors
        let sets = sandboxes[slot]?.processors.values.map { $0 } ?? []
        try list(sets.contains { $0.isEmpty } ? all : ProcessorSet(sets.flatMap(\.numbers)), slot: slot)
    }

    /// Whether there is a list for this range of ids.
    func hasList(_ slot: UInt32) -> Bool { online[slot] != nil }

    /// Has whoever is in a range of ids find these processors online.
    mutating func list(_ processors: ProcessorSet, slot: UInt32) throws(SystemError) {
        if online[slot] == processors { return }
        // It may be half written when it fails.
        online[slot] = nil
        try ProcessorList.write(processors, slot: slot)
        online[slot] = processors
    }

    /// Has the agent of a sandbox run where its next program will. A program that it starts is there then, and need not be
    /// moved while it runs, for which the kernel stops the processor that it is on.
    func hold(_ slot: UInt32, to processors: ProcessorSet) {
        guard let sandbox = sandboxes[slot], sandbox.processors.count == 1 else { return }
        (processors.isEmpty ? all : processors).setAffinity(of: sandbox.child.pid)
    }

    func meter(_ run: UInt64, withStall: Bool) throws(SystemError) -> RunMeter {
        let name = try name(of: run)
        return RunMeter(
            cpuMicroseconds: UInt64(try tree.cpuMicroseconds(name)),
            stallMicroseconds: withStall ? UInt64(tree.stallMicroseconds(name)) : nil)
    }

    func kill(_ run: UInt64) throws(SystemError) {
        let name = try name(of: run)
        try tree.kill(name)
        try tree.liftCPULimit(name)
    }

    /// Reads the counters while the processes that were left behind still count, then ends those. The run is finished, in
    /// `takeFinishedRuns`, when the last of them is dead.
    ///
    /// - Throws: `SystemError`; EROFS when the host could not keep a write of the sandbox's disk, which only another mount
    ///   can write to again.
    mutating func finish(_ run: UInt64, slot: UInt32, request: UInt64) throws(SystemError) {
        let name = try name(of: run)
        let counted = Result { () throws(SystemError) in try tree.usage(name) }
        let space = sandboxes[slot].flatMap { sandbox in
            // An agent that has died has no root to ask; the caller then decides without.
            sandbox.isDead ? nil : try? FileSystemSpace.ofSandbox(pid: sandbox.child.pid)
        }
        // Whatever could not be read, what was left behind must not live on.
        try tree.kill(name)
        try tree.liftCPULimit(name)
        runs[run] = nil
        sandboxes[slot]?.processors[run] = nil
        ending.insert(name, now: monotonicNanoseconds())
        let usage = try counted.get()
        if let disk = sandboxes[slot]?.disk, try LoopDevice.isReadOnly(disk.device) {
            throw SystemError("keep the sandbox's disk", number: SystemError.readOnlyFileSystem)
        }
        let finished = DyingRuns.Run(number: run, request: request, usage: RunUsage(usage, space))
        if try tree.isEmpty(name) { finishedRuns.append(finished) } else { dyingRuns.insert(finished, in: name) }
    }

    /// Answers the request to finish a run no more, whose last processes the kernel does not let end. They are killed again
    /// and again, and its cgroup goes with them.
    ///
    /// - Returns: what it used, without what has become of those since.
    mutating func abandon(_ run: UInt64) throws(SystemError) -> RunUsage {
        guard let usage = dyingRuns.abandon(run) else {
            throw SystemError("leave the run \(run)", number: SystemError.notFound)
        }
        return usage
    }

    mutating func takeFinishedRuns() -> [DyingRuns.Run] {
        defer { finishedRuns = [] }
        return finishedRuns
    }

    mutating func destroy(_ slot: UInt32, request: UInt64) throws(SystemError) {
        guard var sandbox = sandboxes[slot] else { return finishedDestroys.append(request) }
        sandbox.destroyRequest = request
        sandboxes[slot] = sandbox
        if sandbox.isForeign && !sandbox.isDead { foreigners.insert(slot) }
        try sandbox.child.signal(SignalNumber.kill)
        settle(slot)
    }

    mutating func reaped(_ pid: Int32) {
        guard let slot = sandboxes.first(where: { $0.value.child.pid == pid })?.key else { return }
        sandboxes[slot]?.isDead = true
        settle(slot)
    }

    /// Sandboxes that somebody waits for and that are not this process's children, by pidfd.
    var dyingForeigners: [(slot: UInt32, pidfd: Int32)] {
        foreigners.compactMap { slot in sandboxes[slot].map { (slot, $0.child.pidfd.number) } }
    }

    /// A foreign sandbox has ended.
    mutating func ended(_ slot: UInt32) {
        foreigners.remove(slot)
        sandboxes[slot]?.isDead = true
        settle(slot)
    }

    /// Forgets a dead sandbox that somebody waits for, once its disk is free again: two mounts of one image would ruin it.
    private mutating func settle(_ slot: UInt32) {
        guard let sandbox = sandboxes[slot], sandbox.isDead, let request = sandbox.destroyRequest else { return }
        // What cannot be found out may be so still, and is asked again.
        if let disk = sandbox.disk, (try? LoopDevice.isBound(disk.device, toInode: disk.inode)) != false {
            unsettled.insert(slot)
            return
        }
        unsettled.remove(slot)
        sandboxes[slot] = nil
        zygotes[slot] = nil
        sealedDisks.release(slot)
        groups.release(sandbox.group, now: monotonicNanoseconds())
        finishedDestroys.append(request)
    }

    /// Looks again at all that is dying.
    mutating func retryRemovals() {
        for name in dyingRuns.cgroups where (try? tree.isEmpty(name)) == true {
            if let run = dyingRuns.end(in: name) { finishedRuns.append(run) }
        }
        let now = monotonicNanoseconds()
        for name in ending.retry(in: tree, now: now) {
            // The last process may have died between the two looks.
            if let run = dyingRuns.end(in: name) { finishedRuns.append(run) }
        }
        for slot in unsettled { settle(slot) }
        guard now &- tidied >= Self.tidyInterval else { return }
        tidied = now
        groups.tidy(now: now)
    }

    /// Nanoseconds. What is tidied has been of no use for longer, and a look costs as much as a call.
    private static let tidyInterval: UInt64 = 100_000_000

    mutating func takeFinishedDestroys() -> [UInt64] {
        defer { finishedDestroys = [] }
        return finishedDestroys
    }

    /// Kills every sandbox and run, and removes all cgroups. What the kernel does not let end in time is left, with its
    /// cgroups, to the next server with this data directory.
    mutating func shutDown() throws(SystemError) {
        for sandbox in sandboxes.values where !sandbox.isDead { try sandbox.child.signal(SignalNumber.kill) }
        try waitForDeaths(until: monotonicNanoseconds() + Self.deathPatience)
        let deadline = monotonicNanoseconds() + Self.removalPatience
        guard try Self.remove(tree, but: Self.own, until: deadline) == nil else { return }
        // Out of the way, so that nothing at all of this server is left.
        for mount in tree.layout.hierarchies { try tree.files.write("\(mount)/cgroup.procs", "0") }
        try tree.remove(Self.own)
        try tree.removeBase()
    }

    private func waitForDeaths(until deadline: UInt64) throws(SystemError) {
        for sandbox in sandboxes.values where !sandbox.isDead {
            let rest = (deadline - min(deadline, monotonicNanoseconds())) / 1_000_000
            _ = try poll([PollEntry(sandbox.child.pidfd.number)], milliseconds: Int32(rest))
        }
    }

    /// Nanoseconds. The memory of large programs takes seconds to be freed.
    private static let deathPatience: UInt64 = 20_000_000_000
    private static let sweepPatience: UInt64 = 10_000_000_000
    private static let removalPatience: UInt64 = 5_000_000_000
}

extension CgroupLimits {
    init(_ limits: RunLimits) {
        self.init(
            memoryBytes: Int(clamping: limits.memoryBytes), cpuQuotaMicroseconds: Int(limits.cpuQuotaMicroseconds),
            processes: Int(limits.processes))
    }
}

extension CgroupShare {
    init(_ share: TenantShare) {
        self.init(
            weight: Int(share.weight), memoryBytes: share.memoryBytes.map { Int(clamping: $0) },
            cpuQuotaMicroseconds: share.cpuQuotaMicroseconds.map(Int.init), processes: share.processes.map(Int.init))
    }
}

extension RunUsage {
    init(_ usage: CgroupUsage, _ space: FileSystemSpace?) {
        self.init(
            cpuMicroseconds: UInt64(usage.cpuMicroseconds), memoryPeakBytes: UInt64(usage.memoryPeakBytes),
            fileBytes: UInt64(usage.fileBytes), memoryKills: UInt64(usage.memoryKills),
            processRefusals: UInt64(usage.processRefusals),
            freeBytes: space.map { UInt64($0.freeBytes) }, freeFiles: space.map { UInt64($0.freeFiles) })
    }
}
