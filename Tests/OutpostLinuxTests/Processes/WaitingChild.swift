// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux

/// A child that has started and stays until it is killed, or the commands that it runs end.
struct WaitingChild {
    private let child: ChildProcess

    var pid: Int32 { child.pid }

    /// Returns when the program runs.
    init(
        entering cgroupProcs: [Descriptor] = [], running commands: String = "exec sleep 600", output: Descriptor? = nil
    ) throws {
        let failures = try Descriptor.pipe()
        var steps = cgroupProcs.map { ChildStep.write(descriptor: $0.number, Array("0".utf8)) }
        if let output { steps.append(.duplicate(output.number, to: 1)) }
        steps.append(
            .execute(
                "sh", searchPath: "/usr/bin:/bin", arguments: ["sh", "-c", commands],
                environment: ["PATH=/usr/bin:/bin"]))
        child = try ChildProcess.clone(sandboxed: false, failures: failures.write, steps)
        withExtendedLifetime(cgroupProcs) {}
        failures.write.closeNow()
        if let failure = try ChildProcess.failure(from: failures.read) { throw failure }
    }

    func kill() throws { try child.signal(SignalNumber.kill) }

    func wait() throws -> ChildProcess.Exit { try child.wait() }
}
