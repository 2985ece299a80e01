// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import OutpostWire

/// One output stream of a program, over any transport.
@Reactor
protocol ProcessOutput: AnyObject {
    /// Receives each non-empty part, and returns whether more may arrive.
    var listener: (@Reactor ([UInt8]) -> Bool)? { get set }
    /// Whether the listener needs each part at once.
    var isFollowed: Bool { get set }
    /// Whether a caller waits for each part. Then the reader does not wait for more data.
    var isAwaited: Bool { get set }
    /// Whether the listener has stopped the stream.
    var isStopped: Bool { get }

    /// Continues after the listener has stopped the stream.
    func resume()

    /// Waits until no process can write any more and all data is delivered.
    ///
    /// - Parameter isAlone: whether no process is left that could hold the pipe's lock.
    func waitForEnd(isAlone: Bool) async

    /// Stops reading without waiting for the end.
    func abandon()
}

/// The stdin of a program, over any transport.
@Reactor
protocol ProcessInput: AnyObject {
    /// Adds input. Does nothing when nobody reads any more.
    func append(_ bytes: [UInt8])

    /// As `RunningProcess.whenInputIsTaken`.
    func whenTaken(_ action: @escaping @Reactor () -> Void)

    /// Ends the input after the bytes that were given.
    func finish()

    /// Ends the input at once and drops the rest.
    func close()
}

/// The connection of a program's streams with the host.
@Reactor
protocol ProcessConnection: AnyObject {
    /// The program's ends of the pipes, in the order that the agent expects. Empty when the streams are framed.
    var programEnds: [Descriptor] { get }
    var stdout: any ProcessOutput { get }
    var stderr: any ProcessOutput { get }
    /// Nil before `begin`.
    var stdin: (any ProcessInput)? { get }

    /// Returns the agent's description of the streams.
    func description(of process: UInt32) -> ProcessStreams

    /// The agent knows the process now. Messages about its streams can be sent.
    func open(_ process: UInt32, _ send: @escaping @Reactor (GuestRequest) -> Void)

    /// Handles a message of the agent about a stream.
    ///
    /// - Throws: `WireError` for an invalid message. The sandbox must be ended then.
    func receive(_ message: StreamMessage, on stream: UInt32) throws(WireError)

    /// The agent is gone. Streams through the agent end.
    func lostAgent()

    /// Starts the input, and connects the listener with the output. The program starts next.
    func begin(_ program: ProgramSpec, listener: any ProcessListener) throws(SystemError)

    /// Closes this process's copies of the program's ends. Only then do the streams end with the program.
    ///
    /// - Parameter isAlone: whether nobody can hold a lock that the close needs.
    func sentProgramEnds(isAlone: Bool)

    /// Ends the input, because the program has ended.
    func endInput()

    /// Releases everything, when the streams did not end by themselves.
    func abandon()
}

extension ProcessConnection {
    /// Returns one of the two output streams.
    func output(_ stream: LiveOutput.Stream) -> any ProcessOutput {
        switch stream {
        case .stdout: stdout
        case .stderr: stderr
        }
    }

    /// Connects the listener with both output streams.
    func listen(_ listener: any ProcessListener) {
        for stream in LiveOutput.Stream.allCases {
            let output = output(stream)
            output.isFollowed = listener.isFollowing
            output.isAwaited = listener.isAwaiting
            output.listener = { [weak listener] bytes in listener?.took(bytes, of: stream) ?? true }
        }
    }
}
