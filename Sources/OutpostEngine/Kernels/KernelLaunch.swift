// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLanguages
import OutpostSandboxing

/// How the program of a kernel is started.
struct KernelLaunch: Sendable {
    let language: String
    let program: ProgramSpec

    /// The most bytes of the variables in a request.
    private static let mostEnvironmentBytes = 64 << 10

    /// Makes the plan.
    ///
    /// - Throws: `conflict` for an ephemeral sandbox; `invalid_request` and `unprocessable` for the language.
    init(
        _ request: KernelRequest, in sandbox: Sandbox, languages: LanguageInventory, policy: LimitPolicy
    ) throws(OutpostError) {
        try sandbox.checkStateful()
        // The server keeps it as long as the kernel.
        let bytes = request.environment.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count }
        guard bytes <= Self.mostEnvironmentBytes else {
            throw .parameter(
                .invalidRequest, .given("env"), "may have \(Self.mostEnvironmentBytes) bytes, and has \(bytes)")
        }
        let language = try languages.installed(request.language ?? sandbox.language)
        let interpreter = language.toolchain.program
        let command: [String]
        switch language.name {
        case "python": command = [interpreter, ImagePaths.pythonKernel]
        case "node": command = ["/bin/sh", ImagePaths.nodeKernelStart, interpreter, ImagePaths.nodeKernel]
        default:
            throw .parameter(.unprocessable, .language, "has no kernel; these languages have one: python, node")
        }
        let run = ExecutionRequest(
            program: .command(command), environment: request.environment, workingDirectory: request.workingDirectory,
            concurrent: true)
        var program = try RunPlan(run, id: ExecutionID(), in: sandbox, languages: languages, policy: policy).run
        program.isInputOpen = true
        program.isTimed = false
        self.language = language.name
        self.program = program
    }

    /// Describes the end of the program.
    func end(_ result: ProgramResult) -> KernelEnd {
        let peak = result.memoryPeakBytes
        let isFull = result.cause == .memory || isHeapFull(result)
        if isFull {
            return KernelEnd(
                .outOfMemory, signal: signal(result),
                message: "the kernel was killed because it reached its memory limit of \(program.limits.memoryMiB) MiB",
                memoryPeakBytes: peak)
        }
        switch result.end {
        case .exited(let code):
            return KernelEnd(
                .exited, exitCode: Int(code), message: "the kernel ended by itself with exit code \(code)",
                memoryPeakBytes: peak)
        case .signalled(let name):
            return KernelEnd(
                .signalled, signal: name, message: "the kernel was killed by \(name) from inside the sandbox",
                memoryPeakBytes: peak)
        case .notStarted(let reason, let code):
            return KernelEnd(.notStarted, exitCode: Int(code), message: "the kernel could not be started: \(reason)")
        }
    }

    private func signal(_ result: ProgramResult) -> String? {
        if case .signalled(let name) = result.end { name } else { nil }
    }

    /// Whether Node.js ran out of heap. It aborts then, and its message goes to a pipe that nobody reads any more.
    private func isHeapFull(_ result: ProgramResult) -> Bool {
        language == "node" && signal(result) == "SIGABRT"
            && result.memoryPeakBytes >= (program.limits.memoryMiB << 20) / 3
    }
}
