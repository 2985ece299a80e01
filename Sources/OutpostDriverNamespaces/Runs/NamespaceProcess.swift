// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import OutpostWire

/// A process in a sandbox of this driver, in the form that the engine uses.
@Reactor
final class NamespaceProcess: RunningProcess {
    private let run: NamespaceRun
    private let sandbox: NamespaceSandbox
    /// The agent's number of the process.
    var number: UInt32
    /// The warm interpreter that became this process, if any.
    private let waiting: WaitingProgram?

    init(_ run: NamespaceRun, in sandbox: NamespaceSandbox, number: UInt32 = 0, waiting: WaitingProgram? = nil) {
        self.run = run
        self.sandbox = sandbox
        self.number = number
        self.waiting = waiting
    }

    func resume(_ stream: LiveOutput.Stream) { run.streams.output(stream).resume() }

    func write(_ bytes: [UInt8]) { run.streams.stdin?.append(bytes) }

    func whenInputIsTaken(_ action: @escaping @Reactor () -> Void) {
        if let stdin = run.streams.stdin { stdin.whenTaken(action) } else { action() }
    }

    func closeInput() { run.streams.stdin?.finish() }

    func signal(_ number: Int32, group: Bool) { sandbox.signal(number, process: self.number, group: group) }

    func resize(_ size: ProcessTerminal) { sandbox.resize(size, process: number) }

    func kill() { run.kill() }

    func meter(_ counters: ProcessMeter.Counters) { run.meter(counters) }

    func wait() async -> Result<ProcessExit, OutpostError> {
        let result = await sandbox.end(of: run, number: number)
        waiting?.close()
        run.forgetListener()
        return result
    }
}

extension ProcessExit.End {
    init(_ ending: NamespaceRun.Ending) {
        switch ending {
        case .exited(let code): self = .exited(code)
        case .signalled(let signal): self = .signalled(signal)
        case .sandboxDied: self = .lost
        case .refused(let stage, let position, let errno, let detail):
            self = .refused(StartFailure(.init(stage, position: position), errno: errno, detail: detail))
        }
    }
}

extension StartFailure.Stage {
    init(_ stage: GuestEvent.Stage, position: Int) {
        switch stage {
        case .file: self = .file(position: position)
        case .directory: self = .directory
        case .execute: self = .execute
        case .setup: self = .setup
        }
    }
}

extension ProcessUsage {
    init(_ usage: RunUsage) {
        self.init(
            cpuMicroseconds: usage.cpuMicroseconds, memoryPeakBytes: usage.memoryPeakBytes,
            fileBytes: usage.fileBytes, memoryKills: usage.memoryKills, freeBytes: usage.freeBytes,
            freeFiles: usage.freeFiles)
    }
}
