// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostWire

/// The sandboxes, runs and cgroups on this host.
struct SpawnerHost {
    /// A sandbox whose first process has been cloned.
    struct LiveSandbox {
        let child: ChildProcess
        let group: SandboxCgroup
        /// Whether a zygote cloned it. Only its pidfd reports its end then.
        var isForeign = false
        var isDead = false
        /// Whether its processes are frozen.
        var isPaused = false
        /// What its finished runs have used.
        var finished = FinishedRuns()
        /// The `destroy` request that waits for its end.
        var destroyRequest: UInt64?
        let disk: MountedDisk?
        /// Set while the sandbox is being retired and is not dead yet.
        var retirement: RetiringDisks.Retirement?
        /// The processors of its runs, by run.
        var processors: [UInt64: ProcessorSet] = [:]
    }

    /// What the finished runs of a sandbox have used together.
    struct FinishedRuns {
        var cpuMicroseconds = 0
        var throttledMicroseconds = 0
        var memoryPeakBytes = 0
    }

    let configuration: SpawnerConfiguration
    let root: SpawnerRoot
    let tree: CgroupTree<KernelCgroupFiles>
    var groups: SandboxCgroups<KernelCgroupFiles>
    /// By slot.
    var sandboxes: [UInt32: LiveSandbox] = [:]
    var sealedDisks = SealedDiskMounts()
    /// The content of the slots' processor lists.
    private var online: [UInt32: ProcessorSet] = [:]
    /// The sockets of zygotes, by slot.
    var zygotes: [UInt32: MessageSocket] = [:]
    /// The runs that are not finished, by number. `name` is the run's cgroup.
    private(set) var runs: [UInt64: (name: String, tenant: String, slot: UInt32)] = [:]
    /// The cgroups of finished runs.
    private var ending = EndingCgroups()
    /// The slots of dead sandboxes whose loop devices are still bound.
    private var waitingForDisk: Set<UInt32> = []
    /// The time of the last removal of unused cgroups, in nanoseconds.
    private var tidied: UInt64 = 0
    /// The slots of sandboxes that a zygote cloned and that are being destroyed.
    private var foreigners: Set<UInt32> = []
    /// The `destroy` and `retire` requests to answer.
    private var finishedDestroys: [UInt64] = []
    /// The `retire` requests to refuse.
    private var failedRetirements: [(request: UInt64, error: SystemError)] = []
    var retiring = RetiringDisks()
    /// The children that work for this process and have not ended.
    var errands: [ChildProcess] = []
    private var dyingRuns = DyingRuns()
    private var copies: LimitCopies
    /// The runs whose `finish` request can be answered.
    private var finishedRuns: [DyingRuns.Run] = []

    /// The processors that runs can use.
    let all = ProcessorSet.allowed()

    /// The cgroup of this process.
    static let own = "_spawner"

    /// Prepares the host: its limits, the spawner's root, and the cgroups, after the removal of an earlier spawner's.
    ///
    /// - Throws: `SystemError`. The process must end then.
    init(_ configuration: SpawnerConfiguration) throws(SystemError) {
        CreatorLimits.lift()
        KernelSettings.raiseHostLimits(sandboxes: configuration.ordinarySlots)
        let root = try SpawnerRoot.enter(configuration)
        let tree = CgroupTree(layout: root.layout, base: configuration.cgroupBase, files: KernelCgroupFiles())
        try Self.sweep(tree)
        try tree.prepare()
        try tree.enter(Self.own)
        try tree.setWeight(CgroupShare.platform.weight, of: Self.own)
        // If sandboxes used all process ids, the host could start no process, not even for its repair.
        try tree.limitProcesses(try HostFacts.mostProcesses() / 4 * 3, of: "")
        self.init(configuration, root, tree, LimitCopies(root.view))
    }

    /// - Parameter tree: cgroups whose base exists.
    init(
        _ configuration: SpawnerConfiguration, _ root: SpawnerRoot, _ tree: CgroupTree<KernelCgroupFiles>,
        _ copies: LimitCopies
    ) {
        self.configuration = configuration
        self.root = root
        self.tree = tree
        self.copies = copies
        groups = SandboxCgroups(tree)
    }

    /// Kills the processes of an earlier spawner that was killed, and removes its cgroups, which have the same base. Once a
    /// cgroup can be removed, the mounts and devices of its processes are gone too.
    private static func sweep(_ tree: CgroupTree<KernelCgroupFiles>) throws(SystemError) {
        if let problem = try remove(tree, until: monotonicNanoseconds() + sweepPatience) { throw problem }
    }

    /// Kills the processes in all cgroups below the base and removes the cgroups.
    ///
    /// - Parameter kept: a cgroup that stays.
    /// - Returns: nil when all are removed; the error of a busy cgroup at the deadline.
    /// - Throws: `SystemError` when a kill fails, or a removal fails for a reason other than EBUSY.
    private static func remove(
        _ tree: CgroupTree<KernelCgroupFiles>, except kept: String? = nil, until deadline: UInt64
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
            // Version 1 has no event for an empty cgroup, so the loop polls.
            _ = try poll([], milliseconds: 1)
        }
    }

    /// Milliseconds until `retryRemovals` must be called again; -1 when nothing waits for it.
    var patience: Int32 {
        let isDying = !ending.isEmpty || !dyingRuns.isEmpty || !waitingForDisk.isEmpty
        return isDying ? 1 : groups.hasFree ? 1000 : -1
    }

    /// Makes the cgroup of a run in a sandbox.
    ///
    /// - Returns: the cgroup.procs descriptors and the mounts of the view, and the memory alarm if there is one.
    /// - Throws: `SystemError`. Nothing of the run is left then.
    mutating func prepare(
        _ run: UInt64, in group: SandboxCgroup, slot: UInt32, _ limits: RunLimits
    ) throws(SystemError) -> ([Descriptor], Descriptor?) {
        guard runs[run] == nil else { throw SystemError("make the run \(run)", number: SystemError.exists) }
        let name = group.run(run)
        let fitting = groups.fitting(CgroupLimits(limits), in: group.tenant)
        try tree.create(name, limits: fitting)
        do throws(SystemError) {
            let shown = try copies.insert(run, fitting)
            let view = try root.view.mounts(of: name, in: tree, copies: shown).map(\.descriptor)
            let opened = (try tree.cgroupProcs(name) + view, try tree.memoryAlarm(name))
            runs[run] = (name, group.tenant, slot)
            return opened
        } catch {
            copies.remove(run)
            ending.insert(name, now: monotonicNanoseconds())
            throw error
        }
    }

    /// Removes a prepared run that no process has joined.
    mutating func forget(_ run: UInt64) {
        copies.remove(run)
        if let known = runs.removeValue(forKey: run) { ending.insert(known.name, now: monotonicNanoseconds()) }
    }

    /// The steps with which a process joins a cgroup through cgroup.procs descriptors.
    static func entering(_ cgroupProcs: [Int32]) -> [ChildStep] {
        cgroupProcs.map { .write(descriptor: $0, Array("0".utf8)) }
    }

    /// The id on the host of a live sandbox's first process.
    func process(_ slot: UInt32) throws(SystemError) -> Int32 {
        guard let sandbox = sandboxes[slot] else {
            throw SystemError("find the sandbox \(slot)", number: SystemError.notFound)
        }
        return sandbox.child.pid
    }

    /// The cgroup of a live sandbox.
    func group(_ slot: UInt32) throws(SystemError) -> SandboxCgroup {
        guard let sandbox = sandboxes[slot] else {
            throw SystemError("find the sandbox \(slot)", number: SystemError.notFound)
        }
        return sandbox.group
    }

    /// The cgroup of a run that is not finished.
    func name(of run: UInt64) throws(SystemError) -> String {
        guard let known = runs[run] else {
            throw SystemError("find the run \(run)", number: SystemError.notFound)
        }
        return known.name
    }

    mutating func limit(_ run: UInt64, _ limits: RunLimits) throws(SystemError) {
        let name = try name(of: run)
        let fitting = groups.fitting(CgroupLimits(limits), in: runs[run]?.tenant ?? "")
        try tree.limit(name, to: fitting)
        try copies.update(run, to: fitting)
    }

    /// Sets the processors of a run, and shows them to the sandbox.
    mutating func setAffinity(of run: UInt64, to processors: ProcessorSet) throws(SystemError) {
        try tree.setAffinity(try name(of: run), to: processors.isEmpty ? all : processors)
        guard let slot = runs[run]?.slot else { return }
        try show(processors, of: run, slot: slot)
        // The program of a warm run has not started yet. It inherits the affinity from the agent.
        setAgentAffinity(of: slot, to: processors)
    }

    /// Records the processors of a run, and shows the sandbox the processors of all its runs as online.
    ///
    /// - Parameter processors: an empty set means all.
    mutating func show(_ processors: ProcessorSet, of run: UInt64, slot: UInt32) throws(SystemError) {
        guard let old = sandboxes[slot]?.processors, old[run] != processors else { return }
        sandboxes[slot]?.processors[run] = processors
        let sets = sandboxes[slot]?.processors.values.map { $0 } ?? []
        try list(sets.contains { $0.isEmpty } ? all : ProcessorSet(sets.flatMap(\.numbers)), slot: slot)
    }

    /// Whether the slot has a processor list.
    func hasList(_ slot: UInt32) -> Bool { online[slot] != nil }

    /// Writes the slot's processor list, unless it has this content already.
    mutating func list(_ processors: ProcessorSet, slot: UInt32) throws(SystemError) {
        if online[slot] == processors { return }
        // A failed write can leave a part of the list.
        online[slot] = nil
        try ProcessorList.write(processors, slot: slot)
        online[slot] = processors
    }

    /// Sets the CPU affinity of a sandbox's agent to that of its only run. The program inherits it at its start. To move a
    /// running program the kernel would have to stop its processor.
    func setAgentAffinity(of slot: UInt32, to processors: ProcessorSet) {
        guard let sandbox = sandboxes[slot], sandbox.processors.count == 1 else { return }
        (processors.isEmpty ? all : processors).setAffinity(of: sandbox.child.pid)
    }

    func meter(_ run: UInt64, withStall: Bool, withMemory: Bool) throws(SystemError) -> RunMeter {
        let name = try name(of: run)
        return RunMeter(
            cpuMicroseconds: UInt64(try tree.cpuMicroseconds(name)),
            stallMicroseconds: withStall ? UInt64(tree.stallMicroseconds(name)) : nil,
            memoryPeakBytes: withMemory ? UInt64(try tree.programMemoryPeak(name)) : nil)
    }

    /// Opens the counters of a run.
    func counters(_ run: UInt64) throws(SystemError) -> [Descriptor] {
        try CgroupCounters(of: try name(of: run), in: tree).descriptors
    }

    func kill(_ run: UInt64) throws(SystemError) {
        let name = try name(of: run)
        try tree.kill(name)
        try tree.liftCPULimit(name)
    }

    /// Reads the counters of a run and then kills its remaining processes. `takeFinishedRuns` returns the run when the last of
    /// them is dead.
    ///
    /// - Throws: `SystemError`: EROFS when the kernel made the sandbox's disk read-only after a failed write. Only a new mount
    ///   can write to it again.
    mutating func finish(_ run: UInt64, slot: UInt32, request: UInt64) throws(SystemError) {
        let name = try name(of: run)
        let counted = Result { () throws(SystemError) in try tree.usage(name) }
        let space = sandboxes[slot].flatMap { sandbox in
            // Without a live agent the file systems cannot be reached, and the usage has no free space.
            sandbox.isDead ? nil : try? FileSystemSpace.ofSandbox(pid: sandbox.child.pid)
        }
        if case .success(let usage) = counted { count(usage, of: name, in: slot) }
        // The remaining processes must end even if the counters could not be read.
        try tree.kill(name)
        try tree.liftCPULimit(name)
        runs[run] = nil
        copies.remove(run)
        sandboxes[slot]?.processors[run] = nil
        ending.insert(name, now: monotonicNanoseconds())
        let usage = try counted.get()
        if let disk = sandboxes[slot]?.disk, try LoopDevice.isReadOnly(disk.device) {
            throw SystemError("write to the sandbox's disk", number: SystemError.readOnlyFileSystem)
        }
        let finished = DyingRuns.Run(number: run, request: request, usage: RunUsage(usage, space))
        if try tree.isEmpty(name) { finishedRuns.append(finished) } else { dyingRuns.insert(finished, in: name) }
    }

    /// Drops the `finish` request of a run whose last processes do not end. They are killed again until they end, and the
    /// cgroup is removed then.
    ///
    /// - Returns: the usage that `finish` read.
    mutating func abandon(_ run: UInt64) throws(SystemError) -> RunUsage {
        guard let usage = dyingRuns.abandon(run) else {
            throw SystemError("abandon the run \(run)", number: SystemError.notFound)
        }
        return usage
    }

    /// Returns and forgets the runs whose `finish` request can be answered.
    mutating func takeFinishedRuns() -> [DyingRuns.Run] {
        defer { finishedRuns = [] }
        return finishedRuns
    }

    /// Freezes or thaws every process of a sandbox, also its agent.
    mutating func pause(_ slot: UInt32, _ isPaused: Bool) throws(SystemError) {
        // A freeze that fails may have an effect, so it is recorded first.
        if isPaused { sandboxes[slot]?.isPaused = true }
        try tree.setFrozen(isPaused, try group(slot).path)
        sandboxes[slot]?.isPaused = isPaused
    }

    /// Kills a sandbox. `takeFinishedDestroys` returns the request when the sandbox is gone.
    mutating func destroy(_ slot: UInt32, request: UInt64) throws(SystemError) {
        guard sandboxes[slot] != nil else { return finishedDestroys.append(request) }
        sandboxes[slot]?.destroyRequest = request
        try kill(slot)
    }

    /// Kills a sandbox. `takeFinishedDestroys` returns the request when the sandbox is gone and its disk is durable, and
    /// `takeFailedRetirements` when that fails.
    mutating func retire(_ slot: UInt32, request: UInt64) throws(SystemError) {
        guard let sandbox = sandboxes[slot], sandbox.destroyRequest == nil, sandbox.retirement == nil,
            let disk = sandbox.disk
        else { throw SystemError("find a sandbox with a disk", number: SystemError.notFound) }
        sandboxes[slot]?.retirement = RetiringDisks.Retirement(request: request, mount: try disk.mountAgain())
        try kill(slot)
    }

    private mutating func kill(_ slot: UInt32) throws(SystemError) {
        guard let sandbox = sandboxes[slot] else { return }
        if sandbox.isForeign && !sandbox.isDead { foreigners.insert(slot) }
        try sandbox.child.signal(SignalNumber.kill)
        // The next sandbox of the tenant gets this cgroup. Version 1 also ends no frozen process.
        if sandbox.isPaused { try pause(slot, false) }
        try thawRuns(of: slot)
        removeIfGone(slot)
    }

    /// Thaws the runs of a sandbox where version 1 would not end them: `CrowdControl` can have frozen some.
    private func thawRuns(of slot: UInt32) throws(SystemError) {
        guard tree.layout.unified == nil else { return }
        for run in runs.values where run.slot == slot { try tree.setFrozen(false, run.name) }
    }

    /// Records the end of a child of this process.
    mutating func reaped(_ pid: Int32) {
        errands.removeAll { $0.pid == pid }
        guard let slot = sandboxes.first(where: { $0.value.child.pid == pid })?.key else { return }
        sandboxes[slot]?.isDead = true
        removeIfGone(slot)
    }

    /// The pidfds of sandboxes that a zygote cloned and that are being destroyed.
    var dyingForeigners: [(slot: UInt32, pidfd: Int32)] {
        foreigners.compactMap { slot in sandboxes[slot].map { (slot, $0.child.pidfd.number) } }
    }

    /// Records the end of a sandbox that a zygote cloned.
    mutating func ended(_ slot: UInt32) {
        foreigners.remove(slot)
        sandboxes[slot]?.isDead = true
        removeIfGone(slot)
    }

    /// Removes a sandbox that is dead and being destroyed, once its loop device is free: two mounts of one disk would damage
    /// it.
    private mutating func removeIfGone(_ slot: UInt32) {
        guard let sandbox = sandboxes[slot], sandbox.isDead else { return }
        startRetirement(slot)
        guard let request = sandbox.destroyRequest else { return }
        // If the state is unknown, the device counts as bound and is checked again.
        if let disk = sandbox.disk, (try? LoopDevice.isBound(disk.device, toInode: disk.inode)) != false {
            waitingForDisk.insert(slot)
            return
        }
        sandbox.disk?.unlock()
        remove(slot, for: request)
    }

    private mutating func remove(_ slot: UInt32, for request: UInt64) {
        guard let sandbox = sandboxes.removeValue(forKey: slot) else { return }
        waitingForDisk.remove(slot)
        zygotes[slot] = nil
        sealedDisks.release(slot)
        groups.release(sandbox.group, now: monotonicNanoseconds())
        finishedDestroys.append(request)
    }

    /// Starts the child that makes the disk of a dead sandbox durable and unmounts it.
    private mutating func startRetirement(_ slot: UInt32) {
        guard let retirement = sandboxes[slot]?.retirement, let disk = sandboxes[slot]?.disk else { return }
        // The child has the mount now. When this process closes it last, it waits for the unmount.
        sandboxes[slot]?.retirement = nil
        do throws(SystemError) {
            errands.append(try retiring.start(retirement, disk, slot: slot))
        } catch {
            failedRetirements.append((retirement.request, error))
        }
    }

    /// Reads the report of the child behind a readable descriptor of `retiring`.
    mutating func retirementReported(_ descriptor: Int32) {
        guard let (slot, request, isDurable) = retiring.takeReport(descriptor) else { return }
        if isDurable { return remove(slot, for: request) }
        failedRetirements.append((request, SystemError("write the sandbox's disk", number: SystemError.ioError)))
    }

    /// Returns and forgets the `retire` requests to refuse.
    mutating func takeFailedRetirements() -> [(request: UInt64, error: SystemError)] {
        defer { failedRetirements = [] }
        return failedRetirements
    }

    /// Checks the dying runs and sandboxes again, and removes unused cgroups.
    mutating func retryRemovals() {
        for name in dyingRuns.cgroups where (try? tree.isEmpty(name)) == true {
            if let run = dyingRuns.end(in: name) { finishedRuns.append(run) }
        }
        let now = monotonicNanoseconds()
        for name in ending.retry(in: tree, now: now) {
            // The last process may have died after the check above.
            if let run = dyingRuns.end(in: name) { finishedRuns.append(run) }
        }
        for slot in waitingForDisk { removeIfGone(slot) }
        guard now &- tidied >= Self.tidyInterval else { return }
        tidied = now
        groups.tidy(now: now)
    }

    /// Nanoseconds between two removals of unused cgroups. A removal costs as much as a request, and unused cgroups are kept
    /// for longer than this anyway.
    private static let tidyInterval: UInt64 = 100_000_000

    /// Returns and forgets the `destroy` requests that can be answered.
    mutating func takeFinishedDestroys() -> [UInt64] {
        defer { finishedDestroys = [] }
        return finishedDestroys
    }

    /// Kills every sandbox and run, and removes all cgroups. Processes that do not end in time are left, with their cgroups.
    /// The next server with this data directory kills them again.
    mutating func shutDown() throws(SystemError) {
        for (slot, sandbox) in sandboxes where !sandbox.isDead {
            try sandbox.child.signal(SignalNumber.kill)
            if sandbox.isPaused { try pause(slot, false) }
        }
        try waitForDeaths(until: monotonicNanoseconds() + Self.deathPatience)
        let deadline = monotonicNanoseconds() + Self.removalPatience
        guard try Self.remove(tree, except: Self.own, until: deadline) == nil else { return }
        // This process leaves its cgroup, so that the last cgroup of this server can be removed too.
        for mount in tree.layout.hierarchies { try tree.files.write("\(mount)/cgroup.procs", "0") }
        try tree.remove(Self.own)
        try tree.removeBase()
    }

    private func waitForDeaths(until deadline: UInt64) throws(SystemError) {
        let dying = sandboxes.values.filter { !$0.isDead }.map(\.child)
        for child in dying + errands {
            let rest = (deadline - min(deadline, monotonicNanoseconds())) / 1_000_000
            _ = try poll([PollEntry(child.pidfd.number)], milliseconds: Int32(rest))
        }
    }

    /// Nanoseconds. The kernel takes seconds to free the memory of large programs.
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
