// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostEngine
import OutpostJobs
import ServiceLifecycle

/// Ends all runs on a graceful shutdown. This comes before the HTTP server closes, and clients still get their answers.
struct Drain: Service {
    let engine: Engine
    let jobs: JobService
    /// Called when the shutdown begins.
    let onStop: @Sendable () -> Void

    func run() async throws {
        // A cancelled wait is a shutdown too.
        try? await gracefulShutdown()
        onStop()
        async let runs: Void = engine.drain()
        async let queue: Void = jobs.drain(seconds: engine.configuration.drainSeconds)
        await runs
        await queue
    }
}
