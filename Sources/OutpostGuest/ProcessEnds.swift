// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import OutpostWire

/// The program's ends of its standard streams, and the agent's of those that go in frames.
struct ProcessEnds {
    /// Standard input, output and error.
    let program: [Descriptor]
    private(set) var outputs: [OutputStream] = []
    private(set) var inputs: [InputStream] = []
    private(set) var terminal: (stream: UInt32, host: Descriptor)?

    /// - Parameter attached: those that came with the request, where the program asks for them.
    /// - Throws: `SystemError`; nothing is left then.
    init(of start: GuestProgram, attached: [Descriptor]) throws(SystemError) {
        switch start.streams {
        case .attached: program = attached
        case .framed(let input, let output, let error, let window):
            let pipes = (try Descriptor.pipe(nonBlockingWrite: true), try Self.output(), try Self.output())
            try pipes.0.read.setMode(0o604)
            program = [pipes.0.read, pipes.1.write, pipes.2.write]
            inputs = [InputStream(input, pipes.0.write)]
            outputs = [
                OutputStream(output, pipes.1.read, credit: window), OutputStream(error, pipes.2.read, credit: window),
            ]
        case .terminal(let stream, let window, let size):
            let pair = try PseudoTerminal(
                uid: start.uid, gid: start.gid, rows: size.rows, columns: size.columns)
            program = [pair.program, pair.program, pair.program]
            inputs = [InputStream(stream, try pair.host.duplicate(), ending: .character(Self.endOfFile))]
            outputs = [OutputStream(stream, pair.host, credit: window)]
            terminal = (stream, try pair.host.duplicate())
        }
    }

    /// The program may open its end once more, as /dev/stdout, and not the other: it is "others" to a pipe of the agent's.
    private static func output() throws(SystemError) -> (read: Descriptor, write: Descriptor) {
        let pipe = try Descriptor.pipe(nonBlockingRead: true)
        try pipe.write.setMode(0o602)
        return pipe
    }

    /// What a terminal that nobody has changed takes for the end of its input: Control-D.
    private static let endOfFile: UInt8 = 4
}
