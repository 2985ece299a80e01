// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
public import OutpostLinux

/// A process in a sandbox that is up, from its start until nothing is left of it.
///
/// All of it happens on the reactor, so its listener hears of everything in the order in which it happened.
@Reactor
public protocol RunningProcess: AnyObject, Sendable {
    /// Goes on with a stream whose listener had enough of it.
    func resume(_ stream: LiveOutput.Stream)

    /// Gives it more input, after what it was given before. What it does not read any more is dropped.
    func write(_ bytes: [UInt8])

    /// Ends its input after what it was given.
    func closeInput()

    /// Sends a signal to it and to whatever is in its process group. One that has ended, or has not begun, hears nothing.
    func signal(_ number: Int32)

    /// Sets the size of its terminal and tells it; nothing for one that has none.
    func resize(_ size: ProcessTerminal)

    /// Has it killed with all that came from it, until it has ended.
    func kill()

    /// Asks what it has used so far; its listener gets the answer, if it lives as long.
    ///
    /// - Parameter withStall: whether it is asked, too, how long it was kept from the processor.
    func meter(withStall: Bool)

    /// Waits for its end, kills what it left behind, and takes the rest of its output.
    ///
    /// To be called once. Nothing of the process is left then, unless its usage is nil.
    ///
    /// - Returns: a failure with `internal` when the sandbox itself failed, `insufficient_storage` when the host's disk could
    ///   not keep what was written, `unavailable` when it never began and can be started in a sandbox that is brought up anew.
    func wait() async -> Result<ProcessExit, OutpostError>
}

/// The terminal that is a process's streams: what it writes to either of them comes as its standard output.
public struct ProcessTerminal: Hashable, Sendable {
    public var rows: Int
    public var columns: Int

    /// - Parameters:
    ///   - rows: 1 to 65,535.
    ///   - columns: 1 to 65,535.
    public init(rows: Int, columns: Int) {
        self.rows = rows
        self.columns = columns
    }
}

/// What a process, with all that came from it, has used so far.
public struct ProcessMeter: Hashable, Sendable {
    public var cpuMicroseconds: UInt64
    /// How long it wanted to compute and was not on a core, 0 where nobody can tell; nil when nobody asked.
    public var stallMicroseconds: UInt64?

    public init(cpuMicroseconds: UInt64, stallMicroseconds: UInt64? = nil) {
        self.cpuMicroseconds = cpuMicroseconds
        self.stallMicroseconds = stallMicroseconds
    }
}
