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

    /// The process's own.
    static var process: LocalInput {
        LocalInput(
            isTerminal: isatty(FileHandle.standardInput.fileDescriptor) == 1, standardInput: readStandardInput,
            file: readFile)
    }
}

private func readStandardInput() throws(OutpostError) -> [UInt8] {
    do {
        return [UInt8](try FileHandle.standardInput.readToEnd() ?? Data())
    } catch {
        throw OutpostError(.invalidRequest, "cannot read standard input: \(reason(error))", cause: error)
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
