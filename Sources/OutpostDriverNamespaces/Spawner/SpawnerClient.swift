// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostWire

/// The server's end of the socket to the spawner. It sends requests and receives the answers in any order.
@Reactor
final class SpawnerClient {
    typealias Answer = (reply: SpawnerReply, descriptors: [Descriptor])

    /// An encoded request.
    struct Outgoing {
        let bytes: [UInt8]
        let descriptors: [Descriptor]
    }

    /// A request that waits for its answer.
    private struct Pending {
        /// Receives the answer, or the error.
        let complete: @Reactor (Result<Answer, any Error>) -> Void
        var isOrdinary = false

        init(_ complete: @escaping @Reactor (Result<Answer, any Error>) -> Void) { self.complete = complete }

        init(_ continuation: CheckedContinuation<Answer, any Error>) {
            complete = { continuation.resume(with: $0) }
        }
    }

    /// Owns the tasks that destroy sandboxes. They end when the spawner has ended.
    nonisolated let tasks = TaskOwner()
    private let socket: MessageSocket
    private var pending: [UInt64: Pending] = [:]
    private var queue = SpawnerQueue<Outgoing>()
    /// The next request, when the socket had no room for it.
    private var unsent: Outgoing?
    /// The tenant of each slot.
    private var tenants: [UInt32: String] = [:]
    /// The tenants whose share the spawner already has.
    private var told: Set<String> = []
    /// Returns what all sandboxes of a tenant together may use.
    private let share: @Sendable (String) -> TenantShare
    private var reading: Reactor.Watch?
    private var writing: (watch: Reactor.Watch, descriptor: Descriptor)?
    private var nextID: UInt64 = 1
    private var configuration: SpawnerConfiguration?
    /// The caller that waits for the answer to the first configuration.
    private var configured: CheckedContinuation<Answer, any Error>?
    private var closeWaiters: [CheckedContinuation<Void, Never>] = []
    private(set) var isClosed = false
    /// Whether the spawner was told to end. It still answers earlier requests.
    private var isClosing = false
    private var isOpen = false

    /// Looks for crowds while a call takes long.
    nonisolated let crowds: CrowdWatch?
    /// Called once when the spawner is gone for good and was not told to end.
    private let onLost: @Sendable () -> Void

    nonisolated init(
        _ socket: MessageSocket, crowds: CrowdWatch? = nil,
        share: @escaping @Sendable (String) -> TenantShare = { _ in TenantShare() },
        onLost: @escaping @Sendable () -> Void
    ) {
        self.socket = socket
        self.crowds = crowds
        self.share = share
        self.onLost = onLost
    }

    /// Starts to listen, and configures the spawner, now and after each restart of it.
    ///
    /// - Throws: `SystemError` of this process or of the spawner.
    func open(_ configuration: SpawnerConfiguration) async throws {
        self.configuration = configuration
        try listen()
        try crowds?.open()
        try Self.check(
            await withCheckedThrowingContinuation {
                (continuation: CheckedContinuation<Answer, any Error>) in configured = continuation
            })
        isOpen = true
    }

    /// Checks an answer.
    ///
    /// - Throws: the spawner's error.
    @discardableResult
    private static func check(_ answer: Answer) throws(SystemError) -> Answer {
        if case .failed(let operation, let errno) = answer.reply { throw SystemError(operation, number: errno) }
        return answer
    }

    /// Handles the start of a spawner. All requests to its predecessor fail.
    private func greeted() {
        guard let configuration else { return }
        let lost = pending.values
        pending = [:]
        queue.removeAll()
        unsent = nil
        tenants = [:]
        told = []
        for call in lost { call.complete(.failure(Self.died)) }
        let id = nextID
        nextID += 1
        if let configured {
            pending[id] = Pending(configured)
            self.configured = nil
        }
        add(.configure(configuration), id: id)
        flush()
    }

    private func add(_ request: SpawnerRequest, id: UInt64) {
        add(request, Outgoing(bytes: request.encoded(id: id), descriptors: []), id: id)
    }

    private func add(_ request: SpawnerRequest, _ packet: Outgoing, id: UInt64) {
        let rank = request.rank { tenants[$0] }
        pending[id]?.isOrdinary = rank != .urgent
        queue.add(packet, rank)
    }

    /// Tells the spawner the share of a tenant before its first sandbox. If the kernel refuses the share, the spawner
    /// refuses the sandbox.
    private func tellShare(of tenant: String) {
        guard !tenant.isEmpty, told.insert(tenant).inserted else { return }
        tell(.share(tenant: tenant, share(tenant)))
    }

    private static let died = SystemError("call the spawner, which has died", number: SystemError.connectionReset)

    private func listen() throws(SystemError) {
        try socket.descriptor.setNonBlocking()
        reading = try Reactor.watch(socket.descriptor, for: .read) { [weak self] in self?.receive() }
    }

    /// Sends a request and waits for its answer.
    ///
    /// - Parameter wait: can end the wait before the answer. Only for urgent requests, which are sent at once.
    /// - Throws: `SystemError`: the spawner's error; EMSGSIZE for a too large request; EPIPE when the spawner is gone;
    ///   `SpawnerWait.overdue` when the wait was ended.
    @discardableResult
    func call(
        _ request: SpawnerRequest, _ descriptors: [Descriptor] = [], wait: SpawnerWait? = nil
    ) async throws -> Answer {
        let watched = crowds?.begin()
        defer { if let watched { crowds?.end(watched) } }
        let answer = try await withCheckedThrowingContinuation {
            (continuation: CheckedContinuation<Answer, any Error>) in
            guard !isClosed, !isClosing else { return continuation.resume(throwing: Self.gone) }
            let id = nextID
            let packet = Outgoing(bytes: request.encoded(id: id), descriptors: descriptors)
            guard packet.bytes.count <= SpawnerRequest.largest else {
                return continuation.resume(throwing: Self.tooLong)
            }
            nextID += 1
            pending[id] = Pending(continuation)
            wait?.onGiveUp = { [weak self] in self?.giveUp(id) }
            recordTenant(of: request)
            add(request, packet, id: id)
            flush()
        }
        return try Self.check(answer)
    }

    /// Ends the wait for an answer. The answer to an ordinary request must still arrive, because the queue counts it.
    private func giveUp(_ id: UInt64) {
        guard let call = pending[id], !call.isOrdinary else { return }
        pending[id] = nil
        call.complete(.failure(SpawnerWait.overdue))
    }

    /// Sends a request without waiting for its answer. The spawner handles it before later requests of the same rank. A
    /// failure shows when such a later request fails.
    func tell(_ request: SpawnerRequest) {
        guard !isClosed, !isClosing else { return }
        nextID += 1
        add(request, id: nextID - 1)
        flush()
    }

    /// Sends a request without waiting.
    ///
    /// - Parameter onReply: receives the answer. Not called when there is none, because then all sandboxes have ended
    ///   with their spawner.
    func ask(_ request: SpawnerRequest, _ onReply: @escaping @Reactor (Answer) -> Void) {
        guard !isClosed, !isClosing else { return }
        let id = nextID
        nextID += 1
        pending[id] = Pending { if case .success(let answer) = $0 { onReply(answer) } }
        add(request, id: id)
        flush()
    }

    private func recordTenant(of request: SpawnerRequest) {
        switch request {
        case .launch(let launch), .fork(_, let launch, _, _, _):
            tenants[launch.slot] = launch.tenant
            tellShare(of: launch.tenant)
        case .destroy(let slot), .retire(let slot): tenants[slot] = nil
        default: break
        }
    }

    private static let tooLong = SystemError("call the spawner", number: SystemError.messageTooLong)

    /// Tells the spawner to end everything, and waits until it has.
    ///
    /// - Parameter nanoseconds: the longest wait. The kernel may not end a process in time.
    func close(atMost nanoseconds: UInt64 = closePatience) async {
        guard !isClosed else { return }
        isClosing = true
        socket.endSending()
        let limit = Reactor.schedule(afterNanoseconds: nanoseconds) { [weak self] in self?.fail() }
        defer { Reactor.cancel(limit) }
        await withCheckedContinuation { closeWaiters.append($0) }
    }

    /// Longer than the spawner waits for the processes that it ends.
    private static let closePatience: UInt64 = 40_000_000_000

    private static let gone = SystemError("call the spawner", number: SystemError.brokenPipe)

    private func flush() {
        while let next = unsent ?? queue.next() {
            do throws(SystemError) {
                unsent = next
                guard try socket.send(next.bytes[...], descriptors: next.descriptors) != nil else {
                    return try waitForRoom()
                }
                unsent = nil
            } catch {
                return fail()
            }
        }
        if let writing { Reactor.end(writing.watch) }
        writing = nil
    }

    private func waitForRoom() throws(SystemError) {
        guard writing == nil else { return }
        // The reactor can watch a descriptor only once. This is a second one for the same socket.
        let descriptor = try socket.descriptor.duplicate()
        writing = (try Reactor.watch(descriptor, for: .write) { [weak self] in self?.flush() }, descriptor)
    }

    private func receive() {
        while true {
            do {
                switch try socket.receive(limit: 65_536) {
                case .nothing: return
                case .end: return fail()
                case .message(let bytes, let descriptors):
                    let (id, reply) = try SpawnerReply.decode(bytes)
                    if id == SpawnerReply.greeting { greeted() }
                    receive((reply, descriptors), of: id)
                }
            } catch {
                return fail()
            }
        }
    }

    private func receive(_ answer: Answer, of id: UInt64) {
        guard let call = pending.removeValue(forKey: id) else { return }
        if call.isOrdinary {
            queue.answered()
            flush()
        }
        call.complete(.success(answer))
    }

    private func fail() {
        guard !isClosed else { return }
        isClosed = true
        if let reading { Reactor.end(reading) }
        if let writing { Reactor.end(writing.watch) }
        writing = nil
        let lost = pending.values
        pending = [:]
        for call in lost { call.complete(.failure(Self.gone)) }
        configured?.resume(throwing: Self.gone)
        configured = nil
        queue.removeAll()
        unsent = nil
        for waiter in closeWaiters { waiter.resume() }
        closeWaiters = []
        // Before `isOpen`, the caller of `open` gets the error.
        if isOpen && !isClosing { onLost() }
    }
}

/// A wait for an answer of the spawner that can be ended early. The spawner still handles the request.
@Reactor
final class SpawnerWait {
    /// The error of a call whose wait was ended.
    nonisolated static let overdue = SystemError("wait for the spawner", number: SystemError.timedOut)

    var onGiveUp: (@Reactor () -> Void)?

    /// Ends the wait. Does nothing after the answer.
    func giveUp() { onGiveUp?() }
}
