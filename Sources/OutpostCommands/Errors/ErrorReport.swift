// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostAPI
import OutpostClient
import OutpostCore

/// The messages and the exit code for an error of a command.
struct ErrorReport: Equatable {
    /// The lines for standard error. A request for help also is an error here, and its lines are for standard output.
    let lines: [String]
    let exitCode: ExitCode

    /// Makes the report of any error.
    ///
    /// - Parameter root: the command that parsed the arguments of the process.
    init(_ error: any Error, in root: any ParsableCommand.Type) {
        switch error {
        case let code as ExitCode:
            self.init(lines: [], exitCode: code)
        case let error as OutpostError:
            self.init(error)
        case let error as ValidationError:
            self.init(lines: ["outpost: \(error.message)"], exitCode: .usage)
        default:
            self.init(parsing: error, in: root)
        }
    }

    private init(lines: [String], exitCode: ExitCode) {
        self.lines = lines
        self.exitCode = exitCode
    }

    /// Makes the report of an error of a call.
    init(_ error: OutpostError) {
        let answered = error.cause as? AnsweredCall
        let request = answered?.requestID.map { " (request \($0))" } ?? ""
        var lines = ["outpost: \(error.fieldMessage)\(request)"]
        if error.details.count > 1 { lines += error.fields.map { "  \($0.field) \($0.problem)" } }
        if error.code == .unauthorized { lines.append("outpost: give a token with --token or OUTPOST_TOKEN") }
        if let seconds = error.retryAfter { lines.append("outpost: try again in \(seconds) s") }
        let isServiceFault = answered != nil && error.code == .internal
        self.init(lines: lines, exitCode: isServiceFault ? .serviceFault : .failure)
    }

    /// Makes the report of wrong usage, of a request for help, or of an unexpected error.
    private init(parsing error: any Error, in root: any ParsableCommand.Type) {
        let code = root.exitCode(for: error)
        let text = root.fullMessage(for: error)
        switch code {
        case .success, .validationFailure:
            self.init(lines: text.isEmpty ? [] : [text], exitCode: code == .success ? .success : .usage)
        default:
            self.init(lines: ["outpost: \(root.message(for: error))"], exitCode: .failure)
        }
    }

    /// Prints the lines.
    ///
    /// - Returns: the exit code.
    func deliver() -> Int32 {
        for line in lines {
            if exitCode.isSuccess { print(line) } else { Output.warn(line) }
        }
        return exitCode.rawValue
    }
}
