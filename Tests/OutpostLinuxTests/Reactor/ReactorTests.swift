// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc
import OutpostLinux
import OutpostTesting
import Synchronization
import Testing

/// Watches, timers and jobs run on one thread, one after the other.
@Suite(.reactor)
struct ReactorTests {
    @Reactor private static func thread() -> pthread_t { pthread_self() }

    @Test func jobsWatchesAndTimersRunOnOneThread() async throws {
        let pipe = try Descriptor.pipe(nonBlockingRead: true)
        let thread = await Self.thread()
        #expect(await Task.detached { await Self.thread() }.value == thread)
        let onTimer = await withCheckedContinuation { (continuation: CheckedContinuation<pthread_t, Never>) in
            Task { @Reactor in
                _ = Reactor.schedule(afterNanoseconds: 1) { continuation.resume(returning: pthread_self()) }
            }
        }
        #expect(onTimer == thread)
        let watching = await watch(pipe.read, for: .read)
        try pipe.write.writeAll([1])
        #expect(await watching.value == thread)
    }

    /// A task that ends with the thread on which `descriptor` was reported ready, once.
    @Reactor
    private func watch(_ descriptor: Descriptor, for interest: Reactor.Interest) -> Task<pthread_t?, Never> {
        Task { @Reactor in
            var watch: Reactor.Watch?
            let thread = await withCheckedContinuation { (continuation: CheckedContinuation<pthread_t?, Never>) in
                var waiting: CheckedContinuation<pthread_t?, Never>? = continuation
                do {
                    watch = try Reactor.watch(descriptor, for: interest) {
                        waiting?.resume(returning: pthread_self())
                        waiting = nil
                    }
                } catch {
                    continuation.resume(returning: nil)
                }
            }
            if let watch { Reactor.end(watch) }
            return thread
        }
    }

    @Test func theEndOfTheOtherSideIsReported() async throws {
        let pipe = try Descriptor.pipe(nonBlockingRead: true)
        let watching = await watch(pipe.read, for: .read)
        pipe.write.closeNow()
        #expect(await watching.value != nil)
    }

    @Test func roomToWriteIsReported() async throws {
        let pipe = try Descriptor.pipe(nonBlockingWrite: true)
        while try pipe.write.write([UInt8](repeating: 0, count: 65_536)[...]) != nil {}
        let watching = await watch(pipe.write, for: .write)
        var buffer = [UInt8](repeating: 0, count: 65_536)
        #expect(try pipe.read.read(into: &buffer) == 65_536)
        #expect(await watching.value != nil)
    }

    @Test @Reactor func anEndedWatchIsNotCalledAndEndingTwiceIsFine() async throws {
        let pipe = try Descriptor.pipe(nonBlockingRead: true)
        let other = try Descriptor.pipe(nonBlockingRead: true)
        var calls = 0
        let ended = try Reactor.watch(pipe.read, for: .read) { calls += 1 }
        Reactor.end(ended)
        Reactor.end(ended)
        try pipe.write.writeAll([1])
        try other.write.writeAll([1])
        #expect(await watch(other.read, for: .read).value != nil)
        #expect(calls == 0)
    }

    @Test @Reactor func aDescriptorThatCannotBeWatchedIsAnError() throws {
        let file = try Descriptor.open("/etc/passwd", .readOnly)
        let error = #expect(throws: SystemError.self) { try Reactor.watch(file, for: .read) {} }
        #expect(error?.number == EPERM)
    }

    @Test @Reactor func timersComeInOrderAndCancelledOnesDoNot() async {
        var order: [Int] = []
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            _ = Reactor.schedule(afterNanoseconds: 3_000_000) {
                order.append(3)
                continuation.resume()
            }
            let cancelled = Reactor.schedule(afterNanoseconds: 2_000_000) { order.append(2) }
            _ = Reactor.schedule(afterNanoseconds: 1_000_000) { order.append(1) }
            Reactor.cancel(cancelled)
        }
        #expect(order == [1, 3])
    }

    @Test func actionsAndJobsKeepTheirOrder() async throws {
        let pipe = try Descriptor.pipe()
        let order = Order()
        // Both wait until this one has ended.
        Reactor.perform { _ = try? pipe.read.read(atMost: 1) }
        Reactor.perform { order.numbers.withLock { $0.append(1) } }
        let job = Task { @Reactor in order.numbers.withLock { $0.append(2) } }
        try pipe.write.writeAll([1])
        await job.value
        #expect(order.numbers.withLock { $0 } == [1, 2])
    }

    @Test func manyJobsFromEverywhereAllRun() async {
        let total = await withTaskGroup(of: Int.self) { group in
            for number in 1...1000 { group.addTask { await Self.echo(number) } }
            return await group.reduce(0, +)
        }
        #expect(total == 500_500)
    }

    private final class Order: Sendable {
        let numbers = Mutex<[Int]>([])
    }

    @Reactor private static func echo(_ number: Int) -> Int { number }
}
