// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux

/// How long a run that is over waits for what it left behind to be gone: first its streams are given up, then the wait.
///
/// SIGKILL ends a process only when it comes back from what it does in the kernel, and one that waits there without heeding
/// signals (state D of proc_pid_stat(5)), for a disk that does not answer, say, does not come back for as long as that takes.
@Reactor
final class EndingLimit {
    /// Nanoseconds.
    struct Times: Sendable {
        var streams = ProgramRun.patience
        /// After the streams. The memory of a large process takes seconds to be freed.
        var processes: UInt64 = 25_000_000_000
    }

    private var timer: Reactor.Timer?

    /// - Parameter wait: the wait for the spawner to say that all is gone.
    init(_ run: ProgramRun, _ times: Times, wait: SpawnerWait) {
        waitForStreams(of: run, times, wait)
    }

    private func waitForStreams(of run: ProgramRun, _ times: Times, _ wait: SpawnerWait) {
        timer = Reactor.schedule(afterNanoseconds: times.streams) { [weak self] in
            // Nothing holds them up but who listens.
            if run.isWaitingForListener, let self { return waitForStreams(of: run, times, wait) }
            run.abandon()
            self?.timer = Reactor.schedule(afterNanoseconds: times.processes) { wait.giveUp() }
        }
    }

    /// There is nothing left to wait for.
    func cancel() {
        if let timer { Reactor.cancel(timer) }
        timer = nil
    }
}
