// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import NIOConcurrencyHelpers
import OutpostCallbacks
import OutpostCore
import OutpostJobs
import OutpostMetrics
import OutpostStore
import OutpostStoreSQLite
import OutpostTesting
import ServiceLifecycle
import Testing

/// A queue on a real store, whose programs are closures of the test.
struct JobFixture {
    let stores: SQLiteStores
    let results = MemoryResults()
    let wall = WallTime()
    let leases: LeaseTime

    /// Runs `body` with an empty store.
    static func with(_ body: (JobFixture) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("outpost-jobs-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let leases = LeaseTime()
        let stores = try SQLiteStores.open(
            path: folder.appendingPathComponent("outpost.db").path, leaseClock: { leases.milliseconds })
        try await body(JobFixture(stores: stores, leases: leases))
        try await stores.close()
    }

    /// A queue that is not running yet: it takes jobs, and runs them once it is woken.
    func service(
        workers: Int = 2, maxRunning: Int? = nil, quotas: QuotaPolicy = QuotaPolicy(), freeBytes: Int? = nil,
        store: (any JobStore)? = nil, name: String = "w", metrics: MetricsRegistry = MetricsRegistry([]),
        run: @escaping ScriptedRunner.Script
    ) async throws -> JobService {
        try await JobService(
            JobConfiguration(workers: workers, maxRunning: maxRunning, leaseSeconds: 30, quotas: quotas),
            store: store ?? stores.jobs,
            results: results, runner: ScriptedRunner(script: run, free: freeBytes), name: name,
            callbackPolicy: .publicOnly,
            sender: CallbackSender(policy: .publicOnly, userAgent: "test", clock: { .second(0) }),
            words: JobWords(callbackBody: { Array($0.id.rawValue.utf8) }, message: \.message),
            clock: { [wall] in wall.now }, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
            metrics: metrics)
    }
}

/// Does what the test says, in the place of the engine.
struct ScriptedRunner: JobRunner {
    typealias Script = @Sendable (Job, LiveOutput, Begin) async throws(OutpostError) -> Execution
    typealias Begin = @Sendable () async throws(OutpostError) -> Void

    let script: Script
    var free: Int?

    func compute<Success: Sendable>(
        bytes: Int, for namespace: NamespaceName, _ body: @escaping @Sendable () throws(OutpostError) -> Success
    ) async throws(OutpostError) -> Success { try body() }

    func place(_ request: JobRequest, in namespace: NamespaceName) async throws(OutpostError) -> JobPlacement {
        JobPlacement(sandboxID: request.sandboxID ?? SandboxID(), takesTurns: request.sandboxID != nil)
    }

    func freeBytes() async -> Int? { free }

    func outputMemory(in namespace: NamespaceName) -> any OutputMemory { EndlessMemory() }

    func afterRun() async {}

    func run(
        _ job: Job, _ request: JobRequest, output: LiveOutput, begin: @escaping Begin
    ) async throws(OutpostError) -> Execution {
        try await script(job, output, begin)
    }
}

/// Memory that never runs out.
final class EndlessMemory: OutputMemory {
    func reserve(_ bytes: Int) throws(OutpostError) {}
    func wait(for bytes: Int) async {}
    func shrink(to bytes: Int) {}
}

/// A wall clock that the test sets.
final class WallTime: Sendable {
    private let value = NIOLockedValueBox<Int64>(0)

    var now: Timestamp { .second(value.withLockedValue { $0 }) }

    func set(_ seconds: Int64) { value.withLockedValue { $0 = seconds } }
}

/// A clock for leases that the test moves.
final class LeaseTime: Sendable {
    private let value = NIOLockedValueBox<Int64>(1_000_000)

    var milliseconds: Int64 { value.withLockedValue { $0 } }

    func advance(seconds: Int64) { value.withLockedValue { $0 += seconds * 1000 } }
}

/// Counts, from anywhere.
final class Tally<Key: Hashable & Sendable>: Sendable {
    private let values = NIOLockedValueBox<[Key]>([])

    func note(_ key: Key) { values.withLockedValue { $0.append(key) } }

    var all: [Key] { values.withLockedValue { $0 } }
}

/// What takes longer has hung, however much else the machine does.
let hang = Duration.seconds(60)

/// Returns when the task is cancelled; the time is up only when that hangs, and the job then ends as it must not.
func untilCancelled() async {
    do { try await Task.sleep(for: hang) } catch { return }
}

/// Opens once, for everybody who waits.
final class Gate: Sendable {
    private let (stream, continuation) = AsyncStream<Never>.makeStream()
    private let waiter: Task<Void, Never>

    init() {
        let stream = stream
        waiter = Task { for await _ in stream {} }
    }

    func open() { continuation.finish() }

    func wait() async { await waiter.value }
}

extension Timestamp {
    static func second(_ seconds: Int64) -> Timestamp {
        Timestamp(milliseconds: 1_790_000_000_000).advanced(bySeconds: seconds)
    }
}

extension JobRequest {
    static func sample(
        sandbox: SandboxID? = nil, priority: Int = 0, maxAttempts: Int = 1, callbackURL: String? = nil
    ) -> JobRequest {
        JobRequest(
            execution: ExecutionRequest(program: .command(["true"])), language: "bash", sandboxID: sandbox,
            priority: priority, maxAttempts: maxAttempts, callbackURL: callbackURL)
    }
}

extension Execution {
    static func sample(_ job: Job, _ status: ExecutionStatus = .succeeded, stdout: String = "") -> Execution {
        Execution(
            id: ExecutionID(), sandboxID: job.sandboxID, status: status,
            stdout: CapturedOutput(bytes: Array(stdout.utf8), total: stdout.utf8.count), startedAt: .second(0),
            completedAt: .second(0), message: status == .sandboxError ? "broken" : nil)
    }
}

extension JobService {
    func submitOne(_ request: JobRequest = .sample(), in namespace: NamespaceName = .default) async throws -> Job {
        try #require(try await submit([request], in: namespace).first)
    }

    /// The job when it has ended.
    func ended(_ job: Job) async throws -> Job {
        let ended = try await self.job(job.id, in: job.namespace, waitSeconds: 300)
        #expect(ended.status.isTerminal)
        return ended
    }
}

extension MetricsRegistry {
    /// Jobs that were counted as ended; of a status that none had, nothing.
    var ended: [JobStatus: Int] {
        JobStatus.allCases.reduce(into: [:]) { counts, status in
            let count = value("outpost_jobs_ended_total", [("status", status.rawValue)]) ?? 0
            if count > 0 { counts[status] = Int(count) }
        }
    }
}
