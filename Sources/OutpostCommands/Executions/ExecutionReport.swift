// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostAPI
import OutpostClient
import OutpostCore

/// The result of a run at the command line: the program's output, Outpost's notes, and the exit code.
struct ExecutionReport: Equatable {
    var stdout: [UInt8]
    /// The compiler's output, and then the program's.
    var stderr: [UInt8]
    /// Both streams in the order of the writes; nil when the order is unknown.
    var output: [OutputPiece]?
    /// Outpost's own lines for standard error, after the program's output.
    var notes: [String]
    var exitCode: ExitCode
    /// The last byte on standard error before this report; nil when there is none.
    private var lastPrinted: UInt8?

    /// Makes a report without output.
    init(notes: [String], exitCode: ExitCode) {
        stdout = []
        stderr = []
        self.notes = notes
        self.exitCode = exitCode
    }

    /// Makes the report of a run.
    ///
    /// - Parameter limits: the limits that the caller set.
    init(_ execution: Execution, limits: KnownLimits) {
        stdout = execution.stdout.bytes + verdicts(execution)
        stderr = execution.stderr.bytes
        output = execution.output
        if execution.status == .compileFailed, let compile = execution.compile {
            stderr = compile.stdout.bytes + compile.stderr.bytes + stderr
        }
        let ending = ending(of: execution, execution.isEndOfCompiler ? KnownLimits() : limits)
        exitCode = ending.exitCode
        let subject = execution.isEndOfCompiler ? "the compiler: " : ""
        notes =
            cuts(stdout: execution.stdout, stderr: execution.stderr)
            + [ending.note].compactMap { $0.map { subject + $0 } }
    }

    /// The report of a run whose program's output is printed already. Nothing of it was left out.
    ///
    /// - Parameter byte: the last printed byte of standard error; nil when there is none.
    func withoutOutput(of execution: Execution, after byte: UInt8?) -> ExecutionReport {
        var report = self
        report.stdout.removeFirst(execution.stdout.bytes.count)
        report.stderr.removeLast(execution.stderr.bytes.count)
        report.output = nil
        report.notes.removeFirst(cuts(stdout: execution.stdout, stderr: execution.stderr).count)
        report.lastPrinted = byte
        return report
    }

    /// All bytes for standard error. The first note starts on a new line.
    var errorBytes: [UInt8] {
        guard !notes.isEmpty else { return stderr }
        let newline = UInt8(ascii: "\n")
        let last = stderr.last ?? lastPrinted
        let separator = last == nil || last == newline ? [] : [newline]
        return stderr + separator + notes.flatMap { Array("outpost: \($0)\n".utf8) }
    }

    /// Writes both streams, or only `json` when it is given.
    ///
    /// - Throws: the exit code, unless it is 0; `unavailable` when the output could not be written.
    func deliver(inPlaceOfOutput json: JSONValue?) throws {
        if let json {
            try Output.print(json)
        } else if let output {
            for piece in output {
                switch piece.stream {
                case .stdout: try Output.write(piece.bytes)
                case .stderr: try Output.writeError(piece.bytes)
                }
            }
            try Output.writeError(Array(errorBytes.dropFirst(stderr.count)))
        } else {
            try Output.write(stdout)
            try Output.writeError(errorBytes)
        }
        guard exitCode.isSuccess else { throw exitCode }
    }
}

extension Answer<Execution> {
    /// Writes the program's output, or the whole result as JSON.
    ///
    /// - Throws: the exit code, unless it is 0; `unavailable` when the output could not be written.
    func deliver(json isJSON: Bool, limits: KnownLimits) throws {
        try ExecutionReport(body, limits: limits).deliver(inPlaceOfOutput: isJSON ? json : nil)
    }
}

extension Execution {
    /// Whether the compiler reached a limit. Its limits are not those of the command line.
    fileprivate var isEndOfCompiler: Bool {
        guard let compile, compile.exitCode != 0 else { return false }
        return [.timedOut, .outOfMemory, .diskFull].contains(status)
    }
}

private func ending(of execution: Execution, _ limits: KnownLimits) -> (exitCode: ExitCode, note: String?) {
    switch execution.status {
    case .succeeded: (.success, nil)
    case .failed: (failure(execution.exitCode, execution.signal), nil)
    case .compileFailed: (failure(execution.compile?.exitCode, nil), "the program does not compile")
    case .depsFailed: (failure(execution.exitCode, nil), execution.message ?? "its packages could not be installed")
    case .timedOut where execution.limit == .cpu:
        (
            .timedOut,
            "used up its processor time (\(limit(limits.cpuTime) ?? "\(seconds(execution.cpuTimeMilliseconds)) s"))"
        )
    case .timedOut:
        (
            .timedOut,
            limit(limits.timeout).map { "timed out (\($0))" }
                ?? "timed out after \(seconds(execution.durationMilliseconds)) s"
        )
    case .outOfMemory: (.outOfMemory, "out of memory (\(memory(execution, limits.memory)))")
    case .diskFull:
        (
            failure(execution.exitCode, execution.signal),
            "disk full" + (limits.disk.map { " (limit \($0) MiB)" } ?? "")
        )
    case .cancelled: (.failure, "the run was cancelled")
    case .sandboxError: (.serviceFault, execution.message ?? "the sandbox failed")
    }
}

/// Returns the program's exit code, or 128 plus its signal, and never success.
private func failure(_ code: Int?, _ signal: String?) -> ExitCode {
    if let code = code.flatMap({ Int32(exactly: $0) }), code != 0 { return ExitCode(code) }
    return signal.flatMap(signalNumber).map(ExitCode.signal) ?? .failure
}

private func memory(_ execution: Execution, _ limit: Int?) -> String {
    limit.map { "limit \($0) MiB" } ?? "it used \(execution.memoryPeakBytes / (1 << 20)) MiB"
}

/// Returns a limit of time, not rounded; nil when the caller set none.
private func limit(_ milliseconds: Int?) -> String? {
    milliseconds.map { "limit \((Double($0) / 1000).text) s" }
}

/// Returns seconds, rounded to a tenth. A time below one second has all its milliseconds.
private func seconds(_ milliseconds: Double) -> String {
    milliseconds < 1000 ? (milliseconds.rounded() / 1000).text : ((milliseconds / 100).rounded() / 10).text
}

/// Returns the table of a judge's tests; empty for a run without tests.
private func verdicts(_ execution: Execution) -> [UInt8] {
    guard let tests = execution.tests else { return [] }
    return Array(TextTable(tests: tests).lines.map { $0 + "\n" }.joined().utf8)
}

/// Returns a note for each stream that is incomplete.
func cuts(stdout: CapturedOutput, stderr: CapturedOutput) -> [String] {
    [("stdout", stdout), ("stderr", stderr)].filter(\.1.isTruncated).map { name, output in
        "\(output.total - output.bytes.count) of \(output.total) bytes of \(name) are left out, after byte \(output.headCount)"
    }
}
