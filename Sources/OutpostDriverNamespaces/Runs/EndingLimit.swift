// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux

/// The time limit for the end of a run. After a program has ended, its descendants are killed. When they do not end in
/// time, first their streams are abandoned, and later the wait for them.
///
/// SIGKILL ends a process only when it returns from a system call. A process in state D of proc_pid_stat(5) does not
/// return until, for example, a disk answers.
@Reactor
final class EndingLimit {
    /// The time limits, in nanoseconds.
    struct Times: Sendable {
        /// Until the streams are abandoned.
        var streams = NamespaceRun.patience
        /// From then until the wait for the processes ends. The kernel needs seconds to free the memory of a large
        /// process.
        var processes: UInt64 = 25_000_000_000
    }

    private var timer: Reactor.Timer?

    /// Starts the time limit.
    ///
    /// - Parameter wait: the wait for the spawner's answer that all processes are gone.
    init(_ run: NamespaceRun, _ times: Times, wait: SpawnerWait) {
        waitForStreams(of: run, times, wait)
    }

    private func waitForStreams(of run: NamespaceRun, _ times: Times, _ wait: SpawnerWait) {
        timer = Reactor.schedule(afterNanoseconds: times.streams) { [weak self] in
            // The streams wait only for their listener, or for the end of a pause.
            if run.isWaitingForListener || run.isPaused, let self { return waitForStreams(of: run, times, wait) }
            run.abandon()
            self?.waitForProcesses(of: run, times, wait)
        }
    }

    private func waitForProcesses(of run: NamespaceRun, _ times: Times, _ wait: SpawnerWait) {
        timer = Reactor.schedule(afterNanoseconds: times.processes) { [weak self] in
            // The freezer of cgroup v1 keeps a killed process until it is thawed (cgroup-v1/freezer-subsystem.rst).
            if run.isPaused, let self { return waitForProcesses(of: run, times, wait) }
            wait.giveUp()
        }
    }

    /// Stops the time limit.
    func cancel() {
        if let timer { Reactor.cancel(timer) }
        timer = nil
    }
}
