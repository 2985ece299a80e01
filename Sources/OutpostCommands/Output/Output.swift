// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostAPI
import OutpostCore

/// The process's standard output and standard error.
enum Output {
    /// Writes exactly `bytes` to standard output. When the reader is gone, the process ends by SIGPIPE, like other
    /// programs.
    ///
    /// - Throws: `unavailable` when the write fails for another reason.
    static func write(_ bytes: [UInt8]) throws(OutpostError) {
        try write(bytes, to: .standardOutput, "standard output")
    }

    /// Writes exactly `bytes` to standard error. When the reader is gone, the process ends by SIGPIPE, like other
    /// programs.
    ///
    /// - Throws: `unavailable` when the write fails for another reason.
    static func writeError(_ bytes: [UInt8]) throws(OutpostError) {
        try write(bytes, to: .standardError, "standard error")
    }

    /// Writes `lines`, each with a line break, to standard output.
    static func print(_ lines: [String]) throws(OutpostError) {
        try write(Array(lines.map { $0 + "\n" }.joined().utf8))
    }

    /// Writes `json` on one line to standard output.
    static func print(_ json: JSONValue) throws(OutpostError) {
        try write(json.bytes + [UInt8(ascii: "\n")])
    }

    /// Writes a line to standard error. Ignores an error, because there is no other place to report it.
    static func warn(_ line: String) {
        try? FileHandle.standardError.write(contentsOf: Data((line + "\n").utf8))
    }

    private static func isBrokenPipe(_ error: any Error) -> Bool {
        let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
        return underlying?.domain == NSPOSIXErrorDomain && underlying?.code == Int(EPIPE)
    }

    /// Ends the process by SIGPIPE, which it ignored before. The user of `outpost … | head -1` wants no error message.
    private static func endBySignal() {
        RawTerminal.end()
        signal(SIGPIPE, SIG_DFL)
        raise(SIGPIPE)
    }

    private static func write(_ bytes: [UInt8], to file: FileHandle, _ name: String) throws(OutpostError) {
        guard !bytes.isEmpty else { return }
        do {
            try file.write(contentsOf: Data(bytes))
        } catch {
            if isBrokenPipe(error) { endBySignal() }
            throw OutpostError(.unavailable, "cannot write to \(name)", cause: error)
        }
    }
}
