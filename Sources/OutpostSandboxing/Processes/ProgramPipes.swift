// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// One program's ends of two pipes to another program. The stdout of each program is the stdin of the other.
public struct ProgramPipes: Hashable, Sendable {
    /// The pipe that the program reads.
    public let input: any OpenFile
    /// The pipe that the program writes.
    public let output: any OpenFile

    /// Creates the ends of one program.
    public init(input: any OpenFile, output: any OpenFile) {
        self.input = input
        self.output = output
    }

    /// Whether both have the same open files.
    public static func == (left: ProgramPipes, right: ProgramPipes) -> Bool {
        left.input === right.input && left.output === right.output
    }

    /// Hashes the identity of the open files.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(ObjectIdentifier(input))
        hasher.combine(ObjectIdentifier(output))
    }
}

/// Two pipes that connect two programs. This process holds its own copies of the ends until they are closed. Until then
/// no program reads the end of its input.
public protocol CrossedPipes: AnyObject, Sendable {
    /// The ends of the first program.
    var first: ProgramPipes { get }
    /// The ends of the second program.
    var second: ProgramPipes { get }

    /// Whether the pipe that takes one program's output is full. The program then writes faster than the other reads.
    ///
    /// - Parameter ofFirst: whether it is the output of the first program.
    func isOutputFull(ofFirst: Bool) -> Bool

    /// Closes this process's copy of one program's output. Both programs must have started before.
    ///
    /// - Parameter ofFirst: whether it is the output of the first program.
    func endOutput(ofFirst: Bool)

    /// Closes all ends that are still open.
    func close()
}
