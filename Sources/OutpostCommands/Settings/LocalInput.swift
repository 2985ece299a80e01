// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostCore

/// What a command reads from its own machine; a test supplies its own.
struct LocalInput {
    /// Whether a person sits at standard input, which then is not waited for.
    var isTerminal: Bool
    /// All of standard input.
    var standardInput: () throws -> [UInt8]
    /// A file's bytes.
    var file: (String) throws -> [UInt8]
    /// The permissions that it gets in the sandbox: that its owner may execute it is for everybody there.
    var mode: (String) throws -> UInt32 = { _ in 0o644 }

    /// The process's own.
    static var process: LocalInput {
        LocalInput(
            isTerminal: isatty(FileHandle.standardInput.fileDescriptor) == 1, standardInput: readStandardInput,
            file: readFile, mode: { access($0, X_OK) == 0 ? 0o755 : 0o644 })
    }
}

/// Says so when nothing comes for a while: who has started this with an open pipe may not know that it is waited for.
private func readStandardInput() throws(OutpostError) -> [UInt8] {
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 65_536)
    var hasSaid = false
    while true {
        var entry = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        if !hasSaid, poll(&entry, 1, 2000) == 0 {
            Output.warn("outpost: waiting for the end of standard input; without any, give it </dev/null")
            hasSaid = true
        }
        let count = read(STDIN_FILENO, &part, part.count)
        if count == 0 { return bytes }
        if count < 0 && errno != EINTR {
            throw OutpostError(.invalidRequest, "cannot read standard input: \(String(cString: strerror(errno)))")
        }
        bytes += part.prefix(max(0, count))
    }
}

/// Reads to the end rather than by the file's size, which a pipe does not have.
private func readFile(_ path: String) throws(OutpostError) -> [UInt8] {
    do {
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        return [UInt8](try file.readToEnd() ?? Data())
    } catch {
        throw OutpostError(.invalidRequest, "cannot read \(path): \(reason(error))", cause: error)
    }
}

/// The system's word for what went wrong, where there is one: the error around it says less.
private func reason(_ error: any Error) -> String {
    let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
    guard let underlying, underlying.domain == NSPOSIXErrorDomain else { return error.localizedDescription }
    return String(cString: strerror(Int32(underlying.code)))
}
