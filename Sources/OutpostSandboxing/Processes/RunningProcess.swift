// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
public import OutpostLinux

/// A process in a live sandbox, from its start until nothing of it is left.
///
/// All calls and events happen on the reactor. Therefore the listener receives the events in the order in which they
/// happened.
@Reactor
public protocol RunningProcess: AnyObject, Sendable {
    /// Continues a stream that its listener has stopped.
    func resume(_ stream: LiveOutput.Stream)

    /// Adds input. Input that the process never reads is dropped.
    func write(_ bytes: [UInt8])

    /// Calls `action` when no given input waits any more: the process can read all of it, or has ended. Calls it at once
    /// when no input waits.
    func whenInputIsTaken(_ action: @escaping @Reactor () -> Void)

    /// Ends the input after the bytes that were given.
    func closeInput()

    /// Sends a signal to the process, and with `group` to its whole process group. Does nothing before the start and after the
    /// end.
    func signal(_ number: Int32, group: Bool)

    /// Sets the size of the terminal and signals the process. Does nothing without a terminal.
    func resize(_ size: ProcessTerminal)

    /// Kills the process and its descendants, again and again until it has ended.
    func kill()

    /// Asks for the processor time and `counters`. The listener receives the answer if the process still lives.
    func meter(_ counters: ProcessMeter.Counters)

    /// Waits for the end of the process, kills its descendants, and reads the rest of its output.
    ///
    /// Must be called once. Afterwards nothing of the process is left, unless `isLeft` of the exit is true.
    ///
    /// - Returns: a failure with `internal` when the sandbox failed; `insufficient_storage` when the host's disk could
    ///   not store the sandbox's writes; `unavailable` when the process never began and can start in a new sandbox.
    func wait() async -> Result<ProcessExit, OutpostError>
}

/// What a process and its descendants have used so far.
public struct ProcessMeter: Hashable, Sendable {
    /// The counters that are read only when somebody asks for them.
    public struct Counters: OptionSet, Sendable {
        public let rawValue: UInt8

        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// How long the process waited for a processor.
        public static let stall = Counters(rawValue: 1)
        /// The peak of its memory.
        public static let memory = Counters(rawValue: 2)
    }

    /// The processor time.
    public var cpuMicroseconds: UInt64
    /// How long it waited for a processor. 0 when the host cannot measure it. Nil when nobody asked.
    public var stallMicroseconds: UInt64?
    /// The peak of the memory without files. Nil when nobody asked.
    public var memoryPeakBytes: UInt64?

    /// Creates a measurement.
    public init(cpuMicroseconds: UInt64, stallMicroseconds: UInt64? = nil, memoryPeakBytes: UInt64? = nil) {
        self.cpuMicroseconds = cpuMicroseconds
        self.stallMicroseconds = stallMicroseconds
        self.memoryPeakBytes = memoryPeakBytes
    }
}
