// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import OutpostWire

/// The streams of a program as three pipes. The program writes to the host directly.
@Reactor
final class AttachedStreams: ProcessConnection {
    let programEnds: [Descriptor]
    private(set) var stdin: (any ProcessInput)?
    private let outputs: (stdout: OutputReader, stderr: OutputReader)
    private let input: Descriptor
    private let threads: BlockingPool
    private var interleaved: InterleavedOutput?

    var stdout: any ProcessOutput { outputs.stdout }
    var stderr: any ProcessOutput { outputs.stderr }

    /// Creates the three pipes.
    ///
    /// - Parameter threads: run the calls that may wait for programs of this namespace.
    init(threads: BlockingPool) throws(SystemError) {
        self.threads = threads
        let inputPipe = try Descriptor.programInput()
        let outputPipe = try Descriptor.programOutput()
        let errorPipe = try Descriptor.programOutput()
        programEnds = [inputPipe.read, outputPipe.write, errorPipe.write]
        input = inputPipe.write
        outputs = (
            try OutputReader(outputPipe, threads: threads), try OutputReader(errorPipe, threads: threads)
        )
    }

    func description(of process: UInt32) -> ProcessStreams { .attached }

    // The agent does not handle these streams after the program has its ends.
    func open(_ process: UInt32, _ send: @escaping @Reactor (GuestRequest) -> Void) {}
    func receive(_ message: StreamMessage, on stream: UInt32) {}
    func lostAgent() {}

    func begin(_ program: ProgramSpec, listener: any ProcessListener) throws(SystemError) {
        listen(listener)
        if program.isInterleaved { try interleave() }
        stdin = try InputFeed(input, program.stdin, isOpen: program.isInputOpen, threads: threads)
    }

    private func interleave() throws(SystemError) {
        guard let stdout = outputs.stdout.handOver(), let stderr = outputs.stderr.handOver() else {
            throw SystemError("read both output streams", number: SystemError.connectionReset)
        }
        interleaved = try InterleavedOutput([
            (.stdout, stdout.read, stdout.write), (.stderr, stderr.read, stderr.write),
        ]) { [outputs] stream, part in
            switch stream {
            case .stdout: outputs.stdout.took(part)
            case .stderr: outputs.stderr.took(part)
            }
        }
    }

    func sentProgramEnds(isAlone: Bool) {
        let close: @Sendable () -> Void = { [programEnds] in for end in programEnds { end.closeNow() } }
        if isAlone { close() } else { threads.submit(close) }
    }

    func endInput() {
        if let stdin { stdin.close() } else { input.closeNow() }
    }

    func abandon() {
        sentProgramEnds(isAlone: false)
        endInput()
        interleaved?.end()
        stdout.abandon()
        stderr.abandon()
    }
}
