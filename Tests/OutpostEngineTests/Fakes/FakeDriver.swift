// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing
import OutpostVolumes
import Synchronization

/// Sandboxes that are nothing but a record of what was asked of them.
///
/// A program `hold NAME` runs until the test ends it; any other ends at once as `onRun` says.
final class FakeDriver: WarmStarting, ImagePreparing, PipeCrossing, SandboxDisks, SealedDisks {
    struct State {
        var launches: [SandboxSpec] = []
        var programs: [ProgramSpec] = []
        var preparations: [[String]] = []
        var disks: Set<SandboxID> = []
        var sealed: [SealedDiskID: NamespaceName] = [:]
        /// What the next sealing throws, and whether the disk is sealed all the same.
        var sealError: (error: OutpostError, isDone: Bool)?
        /// The pauses and their ends, in order.
        var pauses: [Bool] = []
        var handles: [FakeSandbox] = []
        /// What the next launches throw, one after the other; nil lets one succeed.
        var launchErrors: [OutpostError?] = []
        /// What was started ahead, what the next such launches throw, and what the image is said to be.
        var starts: [WarmKey] = []
        /// The limits that sandboxes were made ready for.
        var ready: [ResourceLimits] = []
        var startErrors: [OutpostError?] = []
        var generation = "1"
        var roomError: OutpostError?
        /// For the calls that come next, before `roomError` counts.
        var roomErrors: [OutpostError] = []
        var removeError: OutpostError?
        /// What is read of each compiler's output.
        var binary = FakeBinary.failure(OutpostError(.notFound, "the program does not exist"))
        var onRun: @Sendable (ProgramSpec) throws(OutpostError) -> ProgramResult = { _ in .exited(0) }
    }

    let capabilities = DriverCapabilities(
        isolation: .namespaces, features: [.interleavedOutput, .crossedPipes, .warmStarts, .pauses, .layers],
        measuredBy: .host)
    let events = Events()
    let held = HeldPrograms()
    private let state = Mutex(State())

    var launches: [SandboxSpec] { state.withLock { $0.launches } }
    var preparations: [[String]] { state.withLock { $0.preparations } }
    var starts: [WarmKey] { state.withLock { $0.starts } }
    var ready: [ResourceLimits] { state.withLock { $0.ready } }
    var programs: [ProgramSpec] { state.withLock { $0.programs } }
    var handles: [FakeSandbox] { state.withLock { $0.handles } }
    var diskSet: Set<SandboxID> { state.withLock { $0.disks } }

    func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }

    func prepareImage(_ preparations: [ImagePreparation]) async throws(OutpostError) {
        state.withLock { $0.preparations = preparations.map { $0.arguments("/caches") } }
        await events.record("prepare image")
    }

    func create(_ spec: SandboxSpec) async throws(OutpostError) -> any RunningSandbox {
        let sandbox = FakeSandbox(self)
        let error: OutpostError? = state.withLock { state in
            state.launches.append(spec)
            if !state.launchErrors.isEmpty, let error = state.launchErrors.removeFirst() { return error }
            if case .disk(let id, _) = spec.storage { state.disks.insert(id) }
            state.handles.append(sandbox)
            return nil
        }
        await events.record("launch")
        if let error { throw error }
        return sandbox
    }

    /// Python is copied, and Node.js is not.
    func warmKey(for program: ProgramSpec, in sandbox: SandboxSpec) -> WarmKey? {
        guard let hint = program.warm, program.preset == .default, !program.limits.areOfProcess else { return nil }
        let start = FakeStart(
            sandbox: sandbox, hint: hint, arguments: Array(program.arguments.prefix(hint.commandLength)))
        return WarmKey(
            start, namespace: sandbox.namespace,
            source: hint.interpreter == "python" ? OpaqueValue(start.arguments) : nil)
    }

    func survivors() -> [any RunningSandbox] { [] }

    func createWarm(_ key: WarmKey) async throws(OutpostError) -> any RunningSandbox {
        let sandbox = FakeSandbox(self)
        let error: OutpostError? = state.withLock { state in
            state.starts.append(key)
            if !state.startErrors.isEmpty, let error = state.startErrors.removeFirst() { return error }
            state.handles.append(sandbox)
            return nil
        }
        await events.record("start ahead")
        if let error { throw error }
        return sandbox
    }

    func crossedPipes() throws(OutpostError) -> any CrossedPipes { FakePipes() }

    func imageGeneration() async -> String { state.withLock { $0.generation } }

    func generation(of key: WarmKey) async -> String { state.withLock { $0.generation } }

    func checkRoom() async throws(OutpostError) {
        let error = state.withLock { $0.roomErrors.isEmpty ? $0.roomError : $0.roomErrors.removeFirst() }
        if let error { throw error }
    }

    var isDiskFull: Bool { false }

    func checkRoom(bytes: Int) async throws(OutpostError) { try await checkRoom() }

    func remove(_ sandbox: SandboxID) async throws(OutpostError) {
        if let error = state.withLock({ $0.removeError }) { throw error }
        state.withLock { _ = $0.disks.remove(sandbox) }
        await events.record("remove disk")
    }

    func list() async throws(OutpostError) -> [SandboxID] { Array(diskSet) }

    func usage(of sandbox: SandboxID) -> DiskUsage? {
        diskSet.contains(sandbox) ? DiskUsage(bytes: 4096, files: 12) : nil
    }

    func seal(
        _ sandbox: SandboxID, as id: SealedDiskID, of namespace: NamespaceName
    ) async throws(OutpostError) {
        let failure = state.withLock { state in
            defer { state.sealError = nil }
            if state.sealError?.isDone ?? true {
                state.disks.remove(sandbox)
                state.sealed[id] = namespace
            }
            return state.sealError
        }
        await events.record("seal")
        if let failure { throw failure.error }
    }

    func sealCopy(
        of sandbox: SandboxID, as id: SealedDiskID, of namespace: NamespaceName
    ) async throws(OutpostError) {
        state.withLock { $0.sealed[id] = namespace }
        await events.record("copy")
    }

    func hold(_ disks: [SealedDiskID], for namespace: NamespaceName?) {}

    func release(_ disks: [SealedDiskID]) {}

    func removeSealed(_ disk: SealedDiskID) async throws(OutpostError) {
        state.withLock { $0.sealed[disk] = nil }
        await events.record("remove sealed")
    }

    func sealedBytes(_ disks: [SealedDiskID]) -> Int { disks.count * 4096 }

    func listSealed() -> [SealedDiskID: NamespaceName] { state.withLock { $0.sealed } }

    func setPaused(_ isPaused: Bool) async {
        state.withLock { $0.pauses.append(isPaused) }
        await events.record(isPaused ? "pause" : "resume")
    }

    var roomForMore: Int? { nil }

    func promise(_ sandbox: SandboxID, mebibytes: Int, to namespace: NamespaceName) {}

    func release(_ sandbox: SandboxID, isUnmounted: Bool) {}

    func adopt(_ disks: [SandboxID: NamespaceName]) {}

    func standing(of namespace: NamespaceName) -> QuotaStanding { QuotaStanding(.disk, limit: nil, used: 0) }

    func shutDown() async {
        for handle in handles { handle.letGo() }
        await events.record("shut down")
    }

    fileprivate var files: any SandboxFiles { FakeFiles(state.withLock { $0.binary }) }

    fileprivate func run(_ program: ProgramSpec) async throws(OutpostError) -> ProgramResult {
        let onRun = state.withLock { state in
            state.programs.append(program)
            return state.onRun
        }
        guard program.arguments.first == "hold", let name = program.arguments.last else { return try onRun(program) }
        await events.record("start \(name)")
        let finished = await held.run(name)
        await events.record("end \(name)")
        return finished ? .exited(0) : .ended(.signalled("SIGKILL"), cause: .cancelled)
    }
}

/// What programs have in common that start from one interpreter of the fake driver.
struct FakeStart: Hashable {
    var sandbox: SandboxSpec
    let hint: WarmHint
    let arguments: [String]
}

/// Pipes that nothing goes through.
final class FakePipes: CrossedPipes {
    private final class End: OpenFile {
        var number: Int32 { -1 }
    }

    let first = ProgramPipes(input: End(), output: End())
    let second = ProgramPipes(input: End(), output: End())

    func isOutputFull(ofFirst: Bool) -> Bool { false }

    func endOutput(ofFirst: Bool) {}

    func close() {}
}

/// One of them.
final class FakeSandbox: WarmSandbox {
    private let driver: FakeDriver
    private let alive = Atomic(true)
    private let heldUp = Atomic(false)
    private let isDestroyed = Atomic(false)
    /// Opened when what holds it up is over.
    private let (release, opening) = AsyncStream<Never>.makeStream()

    init(_ driver: FakeDriver) { self.driver = driver }

    var isAlive: Bool { get async { alive.load(ordering: .acquiring) } }

    /// Dies of itself, as when its agent is killed.
    func die() { alive.store(false, ordering: .releasing) }

    var isHeldUp: Bool { heldUp.load(ordering: .acquiring) }

    /// From now on it cannot be destroyed.
    func hold() { heldUp.store(true, ordering: .releasing) }

    /// Lets `destroy` end.
    func letGo() { opening.finish() }

    func isDestroyed(within seconds: Int) async -> Bool {
        // Nobody waits for the time to be up.
        if isHeldUp { return isDestroyed.load(ordering: .acquiring) }
        await destroy()
        return true
    }

    /// Its programs have no process: `run` says at once what became of them.
    func start(
        _ program: ProgramSpec, listener: any ProcessListener
    ) async throws(OutpostError) -> any RunningProcess {
        throw OutpostError(.internal, "a sandbox that is only a record starts nothing")
    }

    func run(
        _ program: ProgramSpec, output: LiveOutput?, onStart: @escaping @Sendable () -> Void
    ) async throws(OutpostError) -> ProgramResult {
        onStart()
        return try await driver.run(program)
    }

    var files: any SandboxFiles { driver.files }

    func pause() async throws(OutpostError) { await driver.setPaused(true) }

    func resume() async throws(OutpostError) { await driver.setPaused(false) }

    func reclaimMemory() async { await driver.events.record("reclaim") }

    func makeReady(for limits: ResourceLimits) async { driver.change { $0.ready.append(limits) } }

    func startWarm(_ key: WarmKey) async {
        await driver.events.record("expect \(key.value.content(as: FakeStart.self)?.hint.interpreter ?? "?")")
    }

    func cancelWarm() async { await driver.events.record("expect nothing") }

    func discard() {
        alive.store(false, ordering: .releasing)
        Task { await driver.events.record("discard") }
    }

    func destroy() async {
        alive.store(false, ordering: .releasing)
        if isHeldUp { for await _ in release {} }
        guard !isDestroyed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        await driver.events.record("destroy")
    }
}

extension ProgramResult {
    static func ended(_ end: End, cause: Cause? = nil, stdout: String = "", stderr: String = "") -> ProgramResult {
        ProgramResult(
            end: end, cause: cause, stdout: CapturedOutput(bytes: Array(stdout.utf8), total: stdout.utf8.count),
            stderr: CapturedOutput(bytes: Array(stderr.utf8), total: stderr.utf8.count), durationMilliseconds: 2,
            cpuTimeMilliseconds: 1, memoryPeakBytes: 4096)
    }

    static func exited(_ code: Int32) -> ProgramResult { ended(.exited(code)) }
}
