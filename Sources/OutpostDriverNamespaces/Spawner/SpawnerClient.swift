// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostWire

/// The server's end of the socket to the spawner: calls, and the answers to them in whatever order they come.
@Reactor
final class SpawnerClient {
    typealias Answer = (reply: SpawnerReply, descriptors: [Descriptor])

    struct Outgoing {
        let bytes: [UInt8]
        let descriptors: [Descriptor]
    }

    private struct Pending {
        /// Takes the answer, or why there is none.
        let complete: @Reactor (Result<Answer, any Error>) -> Void
        var isOrdinary = false

        init(_ complete: @escaping @Reactor (Result<Answer, any Error>) -> Void) { self.complete = complete }

        init(_ continuation: CheckedContinuation<Answer, any Error>) {
            complete = { continuation.resume(with: $0) }
        }
    }

    /// What is being ended; all of it has when the spawner has.
    nonisolated let tasks = TaskOwner()
    private let socket: MessageSocket
    private var pending: [UInt64: Pending] = [:]
    private var queue = SpawnerQueue<Outgoing>()
    /// The next to be sent, when the socket had no room for it.
    private var unsent: Outgoing?
    /// Whose sandbox is in a slot.
    private var tenants: [UInt32: String] = [:]
    /// The tenants whose shares this spawner knows.
    private var told: Set<String> = []
    /// What all sandboxes of a tenant may use together.
    private let share: @Sendable (String) -> TenantShare
    private var reading: Reactor.Watch?
    private var writing: (watch: Reactor.Watch, descriptor: Descriptor)?
    private var nextID: UInt64 = 1
    private var configuration: SpawnerConfiguration?
    /// Waits for the answer to the first configuration.
    private var configured: CheckedContinuation<Answer, any Error>?
    private var closeWaiters: [CheckedContinuation<Void, Never>] = []
    private(set) var isClosed = false
    /// Whether the spawner has been told to end: it answers what it was asked before, and then goes.
    private var isClosing = false
    private var isOpen = false

    /// Called once when the spawner is gone for good without having been told to end.
    private let onLost: @Sendable () -> Void

    nonisolated init(
        _ socket: MessageSocket, share: @escaping @Sendable (String) -> TenantShare = { _ in TenantShare() },
        onLost: @escaping @Sendable () -> Void
    ) {
        self.socket = socket
        self.share = share
        self.onLost = onLost
    }

    /// Starts to listen, and configures the spawner, now and whenever a new one takes the place of one that died.
    ///
    /// - Throws: `SystemError`, the spawner's own when it cannot set itself up.
    func open(_ configuration: SpawnerConfiguration) async throws {
        self.configuration = configuration
        try listen()
        try Self.check(
            await withCheckedThrowingContinuation {
                (continuation: CheckedContinuation<Answer, any Error>) in configured = continuation
            })
        isOpen = true
    }

    /// - Throws: what the spawner refused with.
    @discardableResult
    private static func check(_ answer: Answer) throws(SystemError) -> Answer {
        if case .failed(let operation, let errno) = answer.reply { throw SystemError(operation, number: errno) }
        return answer
    }

    /// A spawner has started: what its predecessor was asked is lost.
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

    /// Has the spawner know what a tenant's sandboxes may use together before it makes the first of them. It refuses that
    /// one when the kernel refuses the share.
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
    /// - Parameter wait: can end the wait before there is an answer; for requests that are sent at once.
    /// - Throws: `SystemError`: the spawner's own when it refused, EMSGSIZE when it would, EPIPE when it is gone,
    ///   `SpawnerWait.overdue` when the wait was ended.
    @discardableResult
    func call(
        _ request: SpawnerRequest, _ descriptors: [Descriptor] = [], wait: SpawnerWait? = nil
    ) async throws -> Answer {
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

    /// Nobody waits for this answer any more. One of those that are sent in turn still has to come.
    private func giveUp(_ id: UInt64) {
        guard let call = pending[id], !call.isOrdinary else { return }
        pending[id] = nil
        call.complete(.failure(SpawnerWait.overdue))
    }

    /// Sends a request whose answer nobody needs: it comes before every later one in the same turn of the queue, and what it
    /// could not do shows when that one fails.
    func tell(_ request: SpawnerRequest) {
        guard !isClosed, !isClosing else { return }
        nextID += 1
        add(request, id: nextID - 1)
        flush()
    }

    /// Sends a request and does not wait.
    ///
    /// - Parameter onReply: gets the answer; it is not called when there is none, since every sandbox ends with its spawner.
    func ask(_ request: SpawnerRequest, _ onReply: @escaping @Reactor (SpawnerReply) -> Void) {
        guard !isClosed, !isClosing else { return }
        let id = nextID
        nextID += 1
        pending[id] = Pending { if case .success(let answer) = $0 { onReply(answer.reply) } }
        add(request, id: id)
        flush()
    }

    private func recordTenant(of request: SpawnerRequest) {
        switch request {
        case .launch(let launch), .fork(_, let launch, _, _, _):
            tenants[launch.slot] = launch.tenant
            tellShare(of: launch.tenant)
        case .destroy(let slot): tenants[slot] = nil
        default: break
        }
    }

    private static let tooLong = SystemError("call the spawner", number: SystemError.messageTooLong)

    /// Tells the spawner to end everything, and waits until it has.
    ///
    /// - Parameter nanoseconds: after which it is given up, with what the kernel does not let it end.
    func close(atMost nanoseconds: UInt64 = closePatience) async {
        guard !isClosed else { return }
        isClosing = true
        socket.endSending()
        let limit = Reactor.schedule(afterNanoseconds: nanoseconds) { [weak self] in self?.fail() }
        defer { Reactor.cancel(limit) }
        await withCheckedContinuation { closeWaiters.append($0) }
    }

    /// Longer than the spawner waits for what it ends.
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
        // A second number for the same socket: one descriptor can be watched once.
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
        // Before that, whoever opens it is told by the error.
        if isOpen && !isClosing { onLost() }
    }
}

/// A wait for an answer of the spawner's that can be given up. What was asked for happens all the same.
@Reactor
final class SpawnerWait {
    /// What the call throws whose wait was given up.
    nonisolated static let overdue = SystemError("wait for the spawner", number: SystemError.timedOut)

    var onGiveUp: (@Reactor () -> Void)?

    /// Without effect when there is an answer.
    func giveUp() { onGiveUp?() }
}
