// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostEngine
import OutpostJobs
import ServiceLifecycle

/// Ends all runs when the server is told to stop, before the HTTP server closes, so that their answers can still be sent.
struct Drain: Service {
    let engine: Engine
    let jobs: JobService
    /// Called when it begins.
    let onStop: @Sendable () -> Void

    func run() async throws {
        // Told to stop, or cancelled: either is the moment.
        try? await gracefulShutdown()
        onStop()
        async let runs: Void = engine.drain()
        async let queue: Void = jobs.drain(seconds: engine.configuration.drainSeconds)
        await runs
        await queue
    }
}
