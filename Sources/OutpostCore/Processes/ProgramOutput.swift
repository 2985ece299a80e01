// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Receives the output of a program while it runs.
public protocol ProgramOutput: AnyObject, Sendable {
    /// Whether a caller waits for each part, so that a part must not wait for the next one.
    var isAwaited: Bool { get }

    /// Tells that the program has begun. Only the first call counts. The first output counts as a call.
    func start()

    /// Adds bytes that the program wrote.
    ///
    /// - Parameters:
    ///   - empty: the rules of the run for captured output.
    ///   - resume: called once when the result is false and the stream may go on.
    /// - Returns: whether the stream may go on. If not, it must wait for `resume`.
    func append(
        _ bytes: ArraySlice<UInt8>, to stream: LiveOutput.Stream, in empty: OutputRecord,
        resume: @escaping @Sendable () -> Void
    ) -> Bool

    /// Lets readers hold the program up, also after `release`. Call it before the program starts.
    func hold()

    /// Lets the program go on without regard to its readers. Call it when the program has been stopped or has ended.
    func release()

    /// The kept output of a stream so far.
    func output(_ stream: LiveOutput.Stream) -> CapturedOutput
}

extension ProgramOutput {
    public var isAwaited: Bool { false }
}

extension LiveOutput: ProgramOutput {}
