// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpost
import Glibc
import Synchronization

/// The reactor's thread: an epoll loop and an executor of Swift jobs.
final class ReactorThread: SerialExecutor {
    /// Jobs and actions run in the order in which they were added.
    private enum Work {
        case job(UnownedJob)
        case action(@Sendable () -> Void)
    }

    private struct State: ~Copyable {
        var work: [Work] = []
        /// Whether the thread is in a wait, or about to enter one, and a new job must wake it.
        var isWaiting = false
    }

    private let state = Mutex(State())
    private let epoll = Atomic<Int32>(-1)
    private let wakeUp = Atomic<Int32>(-1)
    private let thread = Atomic<pthread_t>(0)

    /// The token of the wake-up descriptor. The tokens of watches begin at 1.
    private static let wakeUpToken: UInt64 = 0

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - dispatch: handles an event of the descriptor with this token.
    ///   - wait: is called before each wait and returns its milliseconds, -1 for ever.
    func start(
        dispatch: @escaping @Sendable (UInt64) -> Void, wait: @escaping @Sendable () -> Int32
    ) throws(SystemError) {
        let epoll = try shim("epoll_create1") { outpost_epoll_create() }
        let wakeUp = try shim("eventfd") { outpost_eventfd() }
        self.epoll.store(epoll, ordering: .releasing)
        self.wakeUp.store(wakeUp, ordering: .releasing)
        try shim("epoll_ctl") { outpost_epoll_set(epoll, wakeUp, OUTPOST_EPOLLIN, Self.wakeUpToken, 1) }
        let body = ThreadBody { [self] in loop(dispatch, wait) }
        try body.startThread()
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        add(.job(job))
    }

    func perform(_ action: @escaping @Sendable () -> Void) { add(.action(action)) }

    private func add(_ work: Work) {
        let mustWake = state.withLock { state in
            state.work.append(work)
            defer { state.isWaiting = false }
            return state.isWaiting
        }
        if mustWake { wake() }
    }

    /// Handlers run between jobs, where the Swift runtime knows no current executor. Being on this thread proves isolation.
    func checkIsolated() {
        precondition(pthread_self() == thread.load(ordering: .acquiring), "not on the reactor's thread")
    }

    func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

    func add(_ number: Int32, _ events: UInt32, _ token: UInt64) throws(SystemError) {
        try shim("epoll_ctl") { outpost_epoll_set(epoll.load(ordering: .acquiring), number, events, token, 1) }
    }

    func remove(_ number: Int32) {
        // A closed descriptor has left the epoll already, and the call fails.
        _ = outpost_epoll_remove(epoll.load(ordering: .acquiring), number)
    }

    private func wake() {
        var one: UInt64 = 1
        // The write fails only on a full counter. A wake-up is pending then.
        _ = Glibc.write(wakeUp.load(ordering: .acquiring), &one, 8)
    }

    private func loop(_ dispatch: (UInt64) -> Void, _ wait: () -> Int32) {
        thread.store(pthread_self(), ordering: .releasing)
        var tokens = [UInt64](repeating: 0, count: 64)
        var events = [UInt32](repeating: 0, count: 64)
        let epoll = epoll.load(ordering: .acquiring)
        while true {
            perform()
            var milliseconds = wait()
            // A timer may have added work. The lock makes work added after this check wake the thread.
            let mayWait = state.withLock { state in
                state.isWaiting = state.work.isEmpty
                return state.isWaiting
            }
            if !mayWait { milliseconds = 0 }
            let count = outpost_epoll_wait(epoll, &tokens, &events, 64, milliseconds)
            state.withLock { $0.isWaiting = false }
            guard count > 0 else { continue }
            for index in 0..<Int(count) {
                if tokens[index] == Self.wakeUpToken { drainWakeUp() } else { dispatch(tokens[index]) }
            }
        }
    }

    private func perform() {
        let work = state.withLock { state in
            defer { state.work = [] }
            return state.work
        }
        for one in work {
            switch one {
            case .job(let job): job.runSynchronously(on: asUnownedSerialExecutor())
            case .action(let action): action()
            }
        }
    }

    private func drainWakeUp() {
        var count: UInt64 = 0
        _ = Glibc.read(wakeUp.load(ordering: .acquiring), &count, 8)
    }
}

/// A closure that runs on a new thread.
final class ThreadBody: Sendable {
    private let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }

    func startThread() throws(SystemError) {
        var thread = pthread_t()
        let number = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().body()
                return nil
            }, Unmanaged.passRetained(self).toOpaque())
        guard number == 0 else { throw SystemError("pthread_create", number: number) }
        pthread_detach(thread)
    }
}
