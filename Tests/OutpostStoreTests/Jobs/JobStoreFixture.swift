// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import OutpostCore
import OutpostStore
import Testing

/// A clock that stands still until it is moved.
final class LeaseClock: Sendable {
    private let value = NIOLockedValueBox<Int64>(1_000_000)

    var milliseconds: Int64 { value.withLockedValue { $0 } }

    func advance(seconds: Int64) { value.withLockedValue { $0 += seconds * 1000 } }
}

extension NewJob {
    /// A job whose number decides about its place.
    static func sample(
        _ number: UInt64, in namespace: NamespaceName = .default, concurrencyKey: SandboxID? = nil, priority: Int = 0,
        maxAttempts: Int = 1, callbackURL: String? = nil, request: [UInt8] = [1, 2, 3]
    ) -> NewJob {
        NewJob(
            id: JobID(number: number), namespace: namespace, sandboxID: concurrencyKey ?? SandboxID(),
            concurrencyKey: concurrencyKey,
            priority: priority, maxAttempts: maxAttempts, callbackURL: callbackURL,
            createdAt: .second(Int64(number)), request: request)
    }
}

extension JobMoment {
    static func second(_ seconds: Int64) -> JobMoment {
        JobMoment(now: .second(seconds), expiresAt: .second(seconds + 100))
    }
}

extension JobStore {
    func add(_ jobs: NewJob...) async throws { try await insert(jobs, limit: 1_000_000) }

    func insert(_ jobs: [NewJob], limit: Int) async throws {
        _ = try await insert(jobs, within: JobLimits(queued: limit), answering: nil, claiming: nil)
    }

    /// Claims as a worker would, with a lease of 30 s.
    func take(
        _ limit: Int, runningLimit: Int = .max, after: NamespaceName? = nil
    ) async throws -> [ClaimedJob] {
        try await claim(
            JobClaim(worker: "w", limit: limit, runningLimit: runningLimit, leaseMilliseconds: 30_000, after: after))
    }

    /// Claims one.
    func takeOne() async throws -> ClaimedJob { try #require(try await take(1).first) }

    func status(_ number: UInt64, in namespace: NamespaceName = .default) async throws -> JobStatus? {
        try await job(JobID(number: number), in: namespace)?.job.status
    }

    func numbers(_ limit: Int, after: NamespaceName? = nil, runningLimit: Int = .max) async throws -> [UInt64] {
        try await take(limit, runningLimit: runningLimit, after: after).map(\.job.id.number)
    }
}

/// Other tenants.
let blue = NamespaceName("blue") ?? .default
let green = NamespaceName("green") ?? .default
