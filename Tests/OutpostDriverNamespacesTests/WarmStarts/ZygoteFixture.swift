// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import OutpostWire
import Testing

@testable import OutpostDriverNamespaces

/// Zygotes whose spawner and agents are the test's: each agent runs the program that asks for the directories, and then an
/// interpreter that says it can be copied.
@Reactor
final class ZygoteFixture {
    static let slots = 10 as UInt32..<12

    let zygotes: Zygotes
    let pool = UIDRangePool(ZygoteFixture.slots)
    let client: SpawnerClient
    private let spawner: ScriptedSpawner
    private var agents: [UInt32: FakeAgent] = [:]
    private(set) var requests: [SpawnerRequest] = []
    private var waiter: CheckedContinuation<Void, Never>?
    /// What the agents of sandboxes to come do.
    var behaviour = FakeAgent.Behaviour.ordinary
    /// How many of the next launches are refused.
    var refusals = 0
    /// Launches wait for `release` as long as this is true.
    var isHeld = false
    private var held: [ScriptedSpawner.Request] = []
    private var isOver = false

    private init() throws {
        let (ours, theirs) = try MessageSocket.pair(preservingBoundaries: true)
        spawner = try ScriptedSpawner(theirs)
        client = SpawnerClient(ours, onLost: {})
        zygotes = Zygotes(
            spawner: client, filters: try SeccompFilters(), threads: TenantThreads(), slots: pool,
            probeLimits: .shippedDefaults)
    }

    /// Runs `body`, and ends every sandbox afterwards.
    static func with(_ body: @Reactor (ZygoteFixture) async throws -> Void) async throws {
        let fixture = try ZygoteFixture()
        try fixture.spawner.greet()
        let serving = Task { @Reactor in await fixture.serve() }
        try await fixture.client.open(
            SpawnerConfiguration(dataDirectory: "/d", cgroupBase: "b", firstID: 1 << 20, slots: 16))
        do { try await body(fixture) } catch { Issue.record(error) }
        for agent in fixture.agents.values { agent.close() }
        fixture.isOver = true
        fixture.spawner.close()
        await fixture.client.close(atMost: 60_000_000_000)
        await fixture.client.tasks.wait()
        serving.cancel()
    }

    static func key(_ directory: String = "/workspace") -> InterpreterKey {
        let program = ProgramSpec(
            arguments: ["/usr/bin/python3", "/tmp/main.py"], environment: [], workingDirectory: directory,
            user: .sandbox, limits: .shippedDefaults)
        let sandbox = SandboxSpec(
            storage: .memory(mebibytes: 448), namespace: .default, memoryMiB: 512, user: .sandbox,
            workingDirectory: directory)
        return InterpreterKey(
            WarmInterpreter(.python), sandbox: sandbox, program: program, commandLength: 2, waiting: .shippedDefaults)
    }

    private func serve() async {
        while let request = await spawner.next(), !isOver {
            requests.append(request.request)
            do { try handle(request) } catch { Issue.record(error) }
            waiter?.resume()
            waiter = nil
        }
    }

    private func handle(_ request: ScriptedSpawner.Request) throws {
        switch request.request {
        case .launch where isHeld: held.append(request)
        case .launch(let launch): try bringUp(launch.slot, request)
        case .prepare: try spawner.answer(.prepared(cgroupProcs: 0, hasAlarm: false), to: request.id)
        case .finish, .abandon: try spawner.answer(.used(.plain), to: request.id)
        case .destroy(let slot):
            agents.removeValue(forKey: slot)?.close()
            try spawner.answer(.done, to: request.id)
        case .kill(let run):
            for agent in agents.values { try agent.kill(run) }
            try spawner.answer(.done, to: request.id)
        default: try spawner.answer(.done, to: request.id)
        }
    }

    private func bringUp(_ slot: UInt32, _ request: ScriptedSpawner.Request) throws {
        guard refusals == 0 else {
            refusals -= 1
            return try spawner.answer(.failed(operation: "launch", errno: SystemError.noMemory), to: request.id)
        }
        agents[slot] = try FakeAgent(request.descriptors, behaviour)
        let setup = try Descriptor.pipe()
        try spawner.answer(.launched(process: 1), to: request.id, [setup.read])
    }

    /// Answers the launches that were held.
    func release() throws {
        isHeld = false
        let launches = held
        held = []
        for request in launches { try handle(request) }
    }

    /// Has the interpreter in a sandbox end.
    func endInterpreter(in slot: UInt32) throws { try agents[slot]?.endInterpreter() }

    /// Returns when the spawner has been asked for `count` things that fit.
    func wait(for count: Int, _ fits: (SpawnerRequest) -> Bool) async {
        while requests.count(where: fits) < count { await withCheckedContinuation { waiter = $0 } }
    }

    var launches: Int { requests.count { if case .launch = $0 { true } else { false } } }

    var destroyed: [UInt32] { requests.compactMap { if case .destroy(let slot) = $0 { slot } else { nil } } }

    /// Returns when the sandbox of this slot is destroyed.
    func waitForDestroy(_ slot: UInt32) async { await wait(for: 1) { $0 == .destroy(slot: slot) } }
}

/// The agent in the sandbox of a zygote.
@Reactor
final class FakeAgent {
    enum Behaviour: CaseIterable {
        case ordinary
        /// The program that asks for the directories prints none.
        case reportsNothing
        /// The interpreter ends before it says that it can be copied.
        case endsEarly
    }

    private let socket: MessageSocket
    private let events: Descriptor
    private let behaviour: Behaviour
    private var watch: Reactor.Watch?
    private var decoder = FrameDecoder()
    private var descriptors: [Descriptor] = []
    private var interpreter: UInt32?

    init(_ ends: [Descriptor], _ behaviour: Behaviour) throws {
        try #require(ends.count == 2)
        socket = MessageSocket(ends[0])
        events = ends[1]
        self.behaviour = behaviour
        try socket.descriptor.setNonBlocking()
        watch = try Reactor.watch(socket.descriptor, for: .read) { [weak self] in self?.receive() }
        try say(.hello(Hello(features: [.processes])))
    }

    /// The sandbox ends.
    func close() {
        if let watch { Reactor.end(watch) }
        watch = nil
        events.closeNow()
    }

    private func say(_ event: GuestEvent) throws { try events.writeAll(event.frame.encoded) }

    private func receive() {
        do {
            while true {
                switch try socket.receive(limit: 65_536) {
                case .nothing: return
                case .end:
                    if let watch { Reactor.end(watch) }
                    watch = nil
                    return
                case .message(let bytes, let descriptors):
                    self.descriptors += descriptors
                    decoder.append(bytes)
                    while let frame = try decoder.next() {
                        if case .start(let program) = try GuestRequest(frame) { try start(program) }
                    }
                }
            }
        } catch {
            Issue.record(error)
        }
    }

    private func start(_ program: GuestProgram) throws {
        let own = Array(descriptors.prefix(Int(program.descriptors)))
        descriptors.removeFirst(own.count)
        guard program.channels > 0 else {
            if behaviour != .reportsNothing { try own[1].writeAll(Array("/usr/lib/site\n".utf8)) }
            return try say(.exited(process: program.process, code: 0))
        }
        interpreter = program.process
        guard behaviour != .endsEarly else { return try endInterpreter() }
        try own[own.count - 1].writeAll([1])
    }

    func endInterpreter() throws {
        if let interpreter { try say(.exited(process: interpreter, code: 0)) }
        interpreter = nil
    }

    func kill(_ run: UInt64) throws {
        if let interpreter { try say(.signalled(process: interpreter, signal: SignalNumber.kill)) }
        interpreter = nil
    }
}
