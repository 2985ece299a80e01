// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import OutpostWire

/// One stream that a program writes to, however it is connected with the host.
@Reactor
protocol ProcessOutput: AnyObject {
    /// Gets each part that is not empty, and says whether it takes more.
    var listener: (@Reactor ([UInt8]) -> Bool)? { get set }
    /// Whether each part is wanted at once.
    var isFollowed: Bool { get set }
    /// Whether somebody waits for each part, so that none waits for more.
    var isAwaited: Bool { get set }
    /// Whether the listener has had enough of it.
    var isStopped: Bool { get }

    /// The listener takes more.
    func resume()

    /// Returns when every process that could write is gone and all that was written has been taken.
    ///
    /// - Parameter isAlone: whether no process is left that could hold the pipe's lock.
    func waitForEnd(isAlone: Bool) async

    /// Stops without waiting for the end.
    func abandon()
}

/// What a program reads, however it is connected with the host.
@Reactor
protocol ProcessInput: AnyObject {
    /// Gives it more, after what it was given before; nothing when nobody reads any more.
    func append(_ bytes: [UInt8])

    /// Ends it when what was given is written.
    func finish()

    /// Ends it now.
    func close()
}

/// How a program is connected with the host.
@Reactor
protocol ProcessConnection: AnyObject {
    /// The program's ends of pipes, in the order in which the agent takes them; none when all goes in frames.
    var programEnds: [Descriptor] { get }
    var stdout: any ProcessOutput { get }
    var stderr: any ProcessOutput { get }
    /// Nil before the program is about to start.
    var stdin: (any ProcessInput)? { get }

    /// How the agent is told of them.
    func description(of process: UInt32) -> ProcessStreams

    /// The agent has been told of the process. What is said of its streams is sent from now on.
    func open(_ process: UInt32, _ send: @escaping @Reactor (GuestRequest) -> Void)

    /// The agent says something of a stream.
    ///
    /// - Throws: `WireError` when it says what it must not; its sandbox is of no use then.
    func receive(_ message: StreamMessage, on stream: UInt32) throws(WireError)

    /// The agent is gone, and what goes through it ends.
    func lostAgent()

    /// The program is about to start: its input goes to it, and from now on somebody hears what it writes.
    func begin(_ program: ProgramSpec, listener: any ProcessListener) throws(SystemError)

    /// Closes this process's copies of the program's ends: only then does the end of the program end the streams.
    ///
    /// - Parameter isAlone: whether nobody can hold a lock that a close takes.
    func sentProgramEnds(isAlone: Bool)

    /// The program has ended, and reads no more.
    func endInput()

    /// Releases what is left when the streams did not end by themselves.
    func abandon()
}

extension ProcessConnection {
    func output(_ stream: LiveOutput.Stream) -> any ProcessOutput {
        switch stream {
        case .stdout: stdout
        case .stderr: stderr
        }
    }

    /// Has the listener hear both streams.
    func listen(_ listener: any ProcessListener) {
        for stream in LiveOutput.Stream.allCases {
            let output = output(stream)
            output.isFollowed = listener.isFollowing
            output.listener = { [weak listener] bytes in listener?.took(bytes, of: stream) ?? true }
        }
    }
}
