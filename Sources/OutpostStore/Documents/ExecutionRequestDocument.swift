// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// The run that a job requests. It is a part of `JobDocument` and has its version.
struct ExecutionRequestDocument: Codable {
    let program: Program
    let timeoutMilliseconds: Int?
    let cpuTimeMilliseconds: Int?
    let limits: Limits
    let stdin: StoredBytes
    let arguments: [String]
    let environment: [Variable]
    let workingDirectory: String?
    let files: [File]
    let concurrent: Bool
    let outputKeep: String
    let interleaved: Bool
    let judge: JudgeDocument?

    /// Either `code` with an optional `language`, or a `command`.
    struct Program: Codable {
        var code: String?
        var language: String?
        var command: [String]?
    }

    struct Limits: Codable {
        let memoryMiB: Int?
        let cpuCores: Double?
        let timeoutMilliseconds: Int?
        let diskMiB: Int?
        let maxProcesses: Int?
        let maxOutputBytes: Int?
        let stackMiB: Int?
        let maxFileBytes: Int?
    }

    struct Variable: Codable {
        let name: String
        let value: String
    }

    struct File: Codable {
        let path: String
        let content: StoredBytes
        let mode: UInt32
    }
}

extension ExecutionRequestDocument {
    init(_ request: ExecutionRequest) {
        program = Program(request.program)
        timeoutMilliseconds = request.timeoutMilliseconds
        cpuTimeMilliseconds = request.cpuTimeMilliseconds
        limits = Limits(request.limits)
        stdin = StoredBytes(request.stdin)
        arguments = request.arguments
        environment = request.environment.map { Variable(name: $0.name, value: $0.value) }
        workingDirectory = request.workingDirectory
        files = request.files.map(File.init)
        concurrent = request.concurrent
        outputKeep = request.outputKeep.rawValue
        interleaved = request.interleaved
        judge = request.judge.map(JudgeDocument.init)
    }

    func value() throws -> ExecutionRequest {
        ExecutionRequest(
            program: try program.value(), timeoutMilliseconds: timeoutMilliseconds,
            cpuTimeMilliseconds: cpuTimeMilliseconds, limits: limits.value, stdin: try stdin.bytes(),
            arguments: arguments,
            environment: environment.map { EnvironmentVariable(name: $0.name, value: $0.value) },
            workingDirectory: workingDirectory, files: try files.map { try $0.value() }, concurrent: concurrent,
            outputKeep: try OutputKeep(stored: outputKeep, "outputKeep"), interleaved: interleaved,
            judge: try judge?.value())
    }
}

extension ExecutionRequestDocument.Program {
    init(_ program: ExecutionProgram) {
        switch program {
        case .code(let code, let language): self.init(code: code, language: language)
        case .command(let command): self.init(command: command)
        }
    }

    func value() throws -> ExecutionProgram {
        if let code { return .code(code, language: language) }
        guard let command else { throw UnreadableDocument(reason: "it has neither code nor a command") }
        return .command(command)
    }
}

extension ExecutionRequestDocument.Limits {
    init(_ limits: ResourceLimitsRequest) {
        memoryMiB = limits.memoryMiB
        cpuCores = limits.cpuCores
        timeoutMilliseconds = limits.timeoutMilliseconds
        diskMiB = limits.diskMiB
        maxProcesses = limits.maxProcesses
        maxOutputBytes = limits.maxOutputBytes
        stackMiB = limits.stackMiB
        maxFileBytes = limits.maxFileBytes
    }

    var value: ResourceLimitsRequest {
        ResourceLimitsRequest(
            memoryMiB: memoryMiB, cpuCores: cpuCores, timeoutMilliseconds: timeoutMilliseconds, diskMiB: diskMiB,
            maxProcesses: maxProcesses, maxOutputBytes: maxOutputBytes, stackMiB: stackMiB,
            maxFileBytes: maxFileBytes)
    }
}

extension ExecutionRequestDocument.File {
    init(_ file: SandboxFile) {
        path = file.path
        content = StoredBytes(file.content)
        mode = file.mode
    }

    func value() throws -> SandboxFile { SandboxFile(path: path, content: try content.bytes(), mode: mode) }
}
