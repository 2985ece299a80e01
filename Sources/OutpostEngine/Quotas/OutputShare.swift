// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
import Synchronization

/// The memory for output of one call or job, counted in `QuotaLedger`.
public final class OutputShare: OutputMemory {
    private let line: OutputLine
    private let namespace: NamespaceName
    private let held = Mutex(0)

    init(_ line: OutputLine, in namespace: NamespaceName) {
        self.line = line
        self.namespace = namespace
    }

    deinit { line.leave(ObjectIdentifier(self), giving: held.withLock { $0 }, in: namespace) }

    /// The bytes that it holds.
    public var bytes: Int { held.withLock { $0 } }

    public func reserve(_ bytes: Int) throws(OutpostError) {
        let missing = bytes - self.bytes
        guard missing > 0 else { return }
        try line.quotas.take(.output, missing, in: namespace)
        held.withLock { $0 += missing }
    }

    public func wait(for bytes: Int) async {
        let missing = bytes - self.bytes
        guard missing > 0 else { return }
        await line.take(missing, for: ObjectIdentifier(self), in: namespace)
        held.withLock { $0 += missing }
    }

    public func shrink(to bytes: Int) {
        let rest = held.withLock { held in
            let rest = max(0, held - bytes)
            held -= rest
            return rest
        }
        if rest > 0 { line.give(rest, in: namespace) }
    }
}

/// The output that waits for room in the quota `output_mb`, in order of arrival for each namespace.
///
/// Finished output cannot be refused, because its program has run. It waits where it is counted already, until other
/// output of the namespace has been sent. One owner of each namespace never waits and may exceed the quota. Otherwise
/// all of them could wait for each other.
final class OutputLine: Sendable {
    typealias Owner = ObjectIdentifier

    private struct Waiting {
        let number: Int
        let owner: Owner
        let bytes: Int
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var waiting: [NamespaceName: [Waiting]] = [:]
        /// The owner of each namespace that never waits.
        var first: [NamespaceName: Owner] = [:]
        var nextNumber = 0
        var isClosed = false
    }

    let quotas: QuotaLedger
    private let state = Mutex(State())

    init(quotas: QuotaLedger) { self.quotas = quotas }

    /// The number of waiting owners.
    var waitingCount: Int { state.withLock { $0.waiting.values.reduce(0) { $0 + $1.count } } }

    /// Counts `bytes` for an owner, when its namespace has room. Counts them at once when the calling task is cancelled
    /// or the server stops.
    func take(_ bytes: Int, for owner: Owner, in namespace: NamespaceName) async {
        let number = state.withLock { state in
            state.nextNumber += 1
            return state.nextNumber
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let waits = state.withLock { state in
                    let isFree = state.isClosed || Task.isCancelled
                    if isFree { quotas.add(.output, bytes, in: namespace) }
                    if isFree || state.waiting[namespace] == nil && admit(owner, bytes, namespace, &state) {
                        return false
                    }
                    if state.first[namespace] == owner {
                        quotas.add(.output, bytes, in: namespace)
                        return false
                    }
                    state.waiting[namespace, default: []].append(
                        Waiting(number: number, owner: owner, bytes: bytes, continuation: continuation))
                    return true
                }
                if !waits { continuation.resume() }
            }
        } onCancel: {
            withdraw(number, namespace)
        }
    }

    /// Counts the bytes if the quota has room, or if nobody of the namespace exceeds it yet.
    private func admit(_ owner: Owner, _ bytes: Int, _ namespace: NamespaceName, _ state: inout State) -> Bool {
        do throws(OutpostError) {
            try quotas.take(.output, bytes, in: namespace)
            return true
        } catch {
            guard state.first[namespace] == nil || state.first[namespace] == owner else { return false }
            state.first[namespace] = owner
            quotas.add(.output, bytes, in: namespace)
            return true
        }
    }

    private func withdraw(_ number: Int, _ namespace: NamespaceName) {
        let withdrawn: Waiting? = state.withLock { state in
            guard let index = state.waiting[namespace]?.firstIndex(where: { $0.number == number }) else { return nil }
            return remove(index, namespace, &state)
        }
        guard let withdrawn else { return }
        quotas.add(.output, withdrawn.bytes, in: namespace)
        withdrawn.continuation.resume()
    }

    private func remove(_ index: Int, _ namespace: NamespaceName, _ state: inout State) -> Waiting? {
        let waiting = state.waiting[namespace]?.remove(at: index)
        if state.waiting[namespace]?.isEmpty == true { state.waiting[namespace] = nil }
        return waiting
    }

    /// Gives bytes back, and lets the next ones take them.
    func give(_ bytes: Int, in namespace: NamespaceName) {
        quotas.give(.output, bytes, in: namespace)
        admitWaiting(namespace)
    }

    /// Gives all bytes of an owner back. The owner never comes again.
    func leave(_ owner: Owner, giving bytes: Int, in namespace: NamespaceName) {
        if bytes > 0 { quotas.give(.output, bytes, in: namespace) }
        state.withLock { if $0.first[namespace] == owner { $0.first[namespace] = nil } }
        admitWaiting(namespace)
    }

    private func admitWaiting(_ namespace: NamespaceName) {
        let admitted = state.withLock { state in
            var admitted: [Waiting] = []
            while let next = state.waiting[namespace]?.first, admit(next.owner, next.bytes, namespace, &state) {
                if let next = remove(0, namespace, &state) { admitted.append(next) }
            }
            return admitted
        }
        for waiting in admitted { waiting.continuation.resume() }
    }

    /// Lets everything go on without a wait, because the server stops.
    func close() {
        let waiting = state.withLock { state in
            defer { state.waiting = [:] }
            state.isClosed = true
            return state.waiting
        }
        for (namespace, owners) in waiting {
            for owner in owners {
                quotas.add(.output, owner.bytes, in: namespace)
                owner.continuation.resume()
            }
        }
    }
}
