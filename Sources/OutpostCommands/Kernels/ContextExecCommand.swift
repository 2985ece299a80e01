// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostClient
import OutpostCore
import Synchronization

/// `outpost sandbox context exec`.
struct ContextExecCommand: ResumingCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec", abstract: "Run code in a kernel.",
        discussion: """
            The command prints the code's standard output and standard error as they come, and the text of what it shows. An \
            interrupt (Ctrl-C) interrupts the code; the variables stay. The exit code is 1 after an error of the code, 124 \
            after a timeout, 137 when memory ran out, and 125 when the service failed.
            """)

    @OptionGroup var place: ContextOptions

    @Option(name: [.customShort("c"), .long], help: "The code.")
    var code: String?

    @Argument(help: "The file with the code; - is standard input.", completion: .file())
    var file: String?

    @Option(help: ArgumentHelp("Interrupt the code after this long.", valueName: "seconds"))
    var timeout: Double?

    @OptionGroup var pause: ResumeOption
    @OptionGroup var global: GlobalOptions

    func validate() throws {
        if code != nil, file != nil { throw ValidationError("give the code with -c or as a file, not both") }
    }

    func run(with client: OutpostClient) async throws {
        let request = try request(.process)
        if global.json {
            let answer = try await client.exec(request, in: place.context, of: place.id)
            try Output.print(answer.json)
            return try answer.body.report(after: nil).deliver(inPlaceOfOutput: nil)
        }
        let lastByte = LastByte()
        let execution: KernelExecution
        do {
            execution = try await Interrupt.canceling { [place] in
                try await client.exec(request, in: place.context, of: place.id) { try print($0, lastByte) }
            }
        } catch is Interrupt {
            throw ExitCode.signal(2)
        }
        try execution.report(after: lastByte.value).deliver(inPlaceOfOutput: nil)
    }

    private func text(_ input: LocalInput) throws -> String {
        if let code { return code }
        if file == nil, input.isTerminal {
            throw ValidationError("no code: name a file, name - for standard input, or give the text with -c")
        }
        let path = file ?? "-"
        let bytes = path == "-" ? try input.standardInput() : try input.file(path)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw OutpostError(.invalidRequest, "\(path) is not UTF-8 text")
        }
        return text
    }

    private func request(_ input: LocalInput) throws -> KernelExecRequest {
        KernelExecRequest(
            code: try text(input), timeoutMilliseconds: timeout.flatMap { Int(exactly: ($0 * 1000).rounded()) })
    }
}

/// The last byte on standard error.
private final class LastByte: Sendable {
    private let byte = Mutex<UInt8?>(nil)

    var value: UInt8? {
        get { byte.withLock { $0 } }
        set { byte.withLock { $0 = newValue } }
    }
}

private func print(_ event: KernelEvent, _ lastByte: LastByte) throws {
    switch event {
    case .output(.stdout, let bytes): try Output.write(bytes)
    case .output(.stderr, let bytes):
        try Output.writeError(bytes)
        lastByte.value = bytes.last
    case .result(let result): try Output.print([result.data.texts["text/plain"] ?? result.data.summary])
    case .started, .ended: break
    }
}

extension KernelData {
    /// The names of the representations, for a result without text.
    fileprivate var summary: String { "[\((Array(texts.keys) + Array(json.keys)).sorted().joined(separator: ", "))]" }
}

extension KernelExecution {
    /// Returns the notes and the exit code of code whose output is printed already.
    fileprivate func report(after lastByte: UInt8?) -> ExecutionReport {
        var report = ExecutionReport(execution, limits: KnownLimits()).withoutOutput(of: execution, after: lastByte)
        var notes = error?.traceback ?? []
        if let message = execution.message, execution.status != .sandboxError { notes.append("outpost: \(message)") }
        report.stderr = Array(notes.map { $0 + "\n" }.joined().utf8)
        return report
    }
}
