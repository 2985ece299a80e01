// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The start and the end of a program's output, the readers that hold the program up, and the streams that wait for them.
/// It is a value, and its owner has a lock around it. What a method returns, the owner calls or reaches outside of the lock.
///
/// `Position` is how far a reader is.
struct OutputPacing<Position: Sendable>: Sendable {
    private var onStart: (@Sendable () -> Void)?
    private var hasStarted = false
    /// Whether the program goes on without regard to its readers.
    var isReleased = false
    private(set) var isEnded = false
    /// The next output or the end. Nil when no reader waits for it.
    private var change: Milestone?
    private var nextReader = 0
    /// The readers that hold the program up.
    var readers: [Int: Position] = [:]
    /// Continues the streams of the program that wait for readers.
    private var resumptions: [@Sendable () -> Void] = []

    /// Records that the program has begun.
    ///
    /// - Returns: the action to call then, at the first time.
    mutating func begin() -> (@Sendable () -> Void)? {
        hasStarted = true
        defer { onStart = nil }
        return onStart
    }

    /// Keeps the action for the start of the program.
    ///
    /// - Returns: the action, if the program has begun.
    mutating func whenStarted(_ action: @escaping @Sendable () -> Void) -> (@Sendable () -> Void)? {
        guard !hasStarted else { return action }
        onStart = action
        return nil
    }

    /// Returns the number of a new reader.
    mutating func makeReader() -> Int {
        nextReader += 1
        return nextReader
    }

    /// Records that a stream waits if the program must wait for a reader.
    ///
    /// - Returns: whether the stream may go on.
    mutating func goesOn(isBehind: Bool, resume: @escaping @Sendable () -> Void) -> Bool {
        if isBehind { resumptions.append(resume) }
        return !isBehind
    }

    /// Returns what continues the waiting streams, unless they must still wait.
    mutating func takeResumptions(isBehind: Bool) -> [@Sendable () -> Void] {
        guard !isBehind else { return [] }
        defer { resumptions = [] }
        return resumptions
    }

    /// Returns what a reader waits for until there is new output or the end.
    mutating func nextChange() -> Milestone {
        let change = change ?? Milestone()
        self.change = change
        return change
    }

    /// Returns what waiting readers wait for. The caller reaches it.
    mutating func takeChange() -> Milestone? {
        defer { change = nil }
        return change
    }

    /// Records the end of the output. No stream waits any more.
    mutating func end() -> Milestone? {
        isEnded = true
        resumptions = []
        return takeChange()
    }
}
