// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import OutpostWire

/// The program's ends of its standard streams, and the agent's ends of framed streams.
struct ProcessEnds {
    /// Standard input, output and error.
    let program: [Descriptor]
    private(set) var outputs: [OutputStream] = []
    private(set) var inputs: [InputStream] = []
    private(set) var terminal: (stream: UInt32, host: Descriptor)?

    /// Makes the pipes or the terminal.
    ///
    /// - Parameter attached: the standard streams that came with the request, if the program uses attached streams.
    /// - Throws: `SystemError`. Nothing is left then.
    init(of start: GuestProgram, attached: [Descriptor]) throws(SystemError) {
        switch start.streams {
        case .attached: program = attached
        case .framed(let input, let output, let error, let window):
            let inputPipe = try Descriptor.programInput()
            let outputPipe = try Descriptor.programOutput()
            let errorPipe = try Descriptor.programOutput()
            program = [inputPipe.read, outputPipe.write, errorPipe.write]
            inputs = [InputStream(input, inputPipe.write)]
            outputs = [
                OutputStream(output, outputPipe.read, credit: window),
                OutputStream(error, errorPipe.read, credit: window),
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

    /// The default end-of-file character of a terminal: Control-D.
    private static let endOfFile: UInt8 = 4
}
