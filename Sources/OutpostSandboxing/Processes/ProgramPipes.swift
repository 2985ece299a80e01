// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// One program's ends of two pipes to another program: what each writes to its standard output is the other's standard input.
public struct ProgramPipes: Hashable, Sendable {
    /// What it reads.
    public let input: any OpenFile
    /// What it writes.
    public let output: any OpenFile

    public init(input: any OpenFile, output: any OpenFile) {
        self.input = input
        self.output = output
    }

    public static func == (left: ProgramPipes, right: ProgramPipes) -> Bool {
        left.input === right.input && left.output === right.output
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(ObjectIdentifier(input))
        hasher.combine(ObjectIdentifier(output))
    }
}

/// Two pipes between two programs. This process's own ends stay open until they are closed, so a program finds the end of
/// its input only then, even when nobody else can write any more.
public protocol CrossedPipes: AnyObject, Sendable {
    var first: ProgramPipes { get }
    var second: ProgramPipes { get }

    /// Nothing more comes from the first program, or from the second; the driver has given both what is theirs before.
    func endOutput(ofFirst: Bool)

    /// Closes what is still open.
    func close()
}
