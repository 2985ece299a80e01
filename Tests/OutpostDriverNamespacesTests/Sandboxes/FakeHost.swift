// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import OutpostWire
import Testing

@testable import OutpostDriverNamespaces

/// A sandbox whose spawner and agent are the test's.
@Reactor
final class FakeHost {
    let spawner: FakeSpawner
    let slots = UIDRangePool(3..<4)
    let instance: NamespaceSandbox
    /// The agent's ends of its socket and its pipe.
    private let agent: [Descriptor]
    private let client: SpawnerClient

    /// - Parameters:
    ///   - isEnding: whether processes end when they are killed.
    ///   - storage: where the sandbox's files are; nil for a sandbox whose driver does not know.
    init(isEnding: Bool, storage: SandboxSpec.Storage? = nil) async throws {
        let (ours, theirs) = try MessageSocket.pair(preservingBoundaries: true)
        spawner = try FakeSpawner(theirs, isEnding: isEnding)
        client = SpawnerClient(ours, onLost: {})
        spawner.greet()
        try await client.open(
            SpawnerConfiguration(dataDirectory: "/d", cgroupBase: "b", firstID: 1 << 20, slots: 4))
        let (link, agent) = try AgentLink.make()
        self.agent = agent
        try agent[1].writeAll(GuestEvent.hello(Hello(features: [.processes])).frame.encoded)
        let slot = try #require(slots.acquire())
        let setup = try Descriptor.pipe()
        instance = try NamespaceSandbox(
            slot: slot, process: 1, spawner: client, slots: slots, filters: try SeccompFilters(), agent: link,
            setup: setup.read,
            threads: BlockingPool(limit: 2),
            spec: storage.map {
                SandboxSpec(storage: $0, memoryMiB: 64, user: .sandbox, workingDirectory: "/w")
            },
            // What ends is waited for as long as in a server: a moment may be too short for the spawner's answer.
            endingTimes: isEnding ? .init() : .init(streams: 1_000_000, processes: 1_000_000),
            onDestroyed: { _ in })
    }

    /// Ends the server's side of it, which waits no more than a moment for the spawner.
    func close() async { await client.close(atMost: 1_000_000) }

    /// Runs a program that ends by itself.
    ///
    /// - Parameter number: how many programs there were, with this one.
    func run(_ program: ProgramSpec, exit code: Int32, number: UInt32 = 1) async throws -> ProgramResult {
        try await instance.run(program, output: nil) { [agent] in
            do {
                try agent[1].writeAll(GuestEvent.exited(process: number, code: code).frame.encoded)
            } catch {
                Issue.record(error)
            }
        }
    }
}

/// Answers as the spawner does, but for what waits for processes that do not end.
@Reactor
final class FakeSpawner {
    private let socket: MessageSocket
    private let isEnding: Bool
    private var watch: Reactor.Watch?
    private var waiting: [UInt64] = []
    private var mayDestroy = false
    private var onDestroy: CheckedContinuation<Void, Never>?
    private(set) var requests: [SpawnerRequest] = []
    /// Refuses the next request that this is true of.
    var refuses: (SpawnerRequest) -> Bool = { _ in false }

    init(_ socket: MessageSocket, isEnding: Bool) throws {
        self.socket = socket
        self.isEnding = isEnding
        try socket.descriptor.setNonBlocking()
        watch = try Reactor.watch(socket.descriptor, for: .read) { [weak self] in self?.receive() }
    }

    func greet() { answer(.done, SpawnerReply.greeting) }

    /// Everything has ended.
    func letGo() {
        mayDestroy = true
        for id in waiting { answer(.done, id) }
        waiting = []
    }

    /// Returns when it was asked to destroy the sandbox.
    func waitForDestroy() async {
        if waiting.isEmpty { await withCheckedContinuation { onDestroy = $0 } }
    }

    private func destroy(_ id: UInt64) {
        if mayDestroy { answer(.done, id) } else { waiting.append(id) }
        onDestroy?.resume()
        onDestroy = nil
    }

    private func receive() {
        do {
            while true {
                switch try socket.receive(limit: 65_536) {
                case .message(let bytes, _): try take(bytes)
                case .nothing: return
                case .end:
                    if let watch { Reactor.end(watch) }
                    watch = nil
                    return
                }
            }
        } catch {
            Issue.record(error)
        }
    }

    private func take(_ message: [UInt8]) throws {
        let (id, request) = try SpawnerRequest.decode(message)
        requests.append(request)
        if refuses(request) {
            refuses = { _ in false }
            return answer(.failed(operation: "answer", errno: SystemError.noMemory), id)
        }
        switch request {
        case .prepare: answer(.prepared(cgroupProcs: 0, hasAlarm: false), id)
        case .finish: if isEnding { answer(.used(.plain), id) }
        case .abandon: answer(.used(.plain), id)
        case .destroy: destroy(id)
        default: answer(.done, id)
        }
    }

    private func answer(_ reply: SpawnerReply, _ id: UInt64) {
        do {
            _ = try socket.send(reply.encoded(id: id)[...])
        } catch {
            Issue.record(error)
        }
    }
}
