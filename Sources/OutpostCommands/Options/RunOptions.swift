// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostCore

/// How a program is to be run, wherever it is run.
struct RunOptions: ParsableArguments {
    @Option(
        help: "A variable of the program's environment; may be given several times.", transform: environmentVariable)
    var env: [EnvironmentVariable] = []

    @Option(help: ArgumentHelp("Wall time after which it is killed.", valueName: "seconds"), transform: milliseconds)
    var timeout: Int?

    @Option(
        help: ArgumentHelp(
            "Processor time, of all its processes together, after which it is killed.", valueName: "seconds"),
        transform: milliseconds)
    var cpuTime: Int?

    @Option(help: ArgumentHelp("Memory that it may use.", valueName: "MiB"))
    var memory: Int?

    @Option(
        help: ArgumentHelp("Cores' worth of CPU time; 0.5 is half a core.", valueName: "cores"),
        transform: positiveNumber)
    var cpu: Double?

    @Option(help: ArgumentHelp("Disk space that it may use.", valueName: "MiB"))
    var disk: Int?

    @Option(help: ArgumentHelp("Processes that it may have at one time.", valueName: "count"))
    var processes: Int?

    @Option(help: ArgumentHelp("How much of each of its streams is kept.", valueName: "bytes"))
    var maxOutput: Int?

    @Option(help: "Which part of more output than that is kept: its start and its end, or its start.")
    var outputKeep = OutputKeep.both

    @Option(help: ArgumentHelp("Main thread's stack.", valueName: "MiB"))
    var stack: Int?

    @Option(help: ArgumentHelp("Largest file that it may write.", valueName: "bytes"))
    var maxFile: Int?

    @Option(help: ArgumentHelp("The folder, inside the sandbox, that it starts in.", valueName: "path"))
    var workingDir: String?

    @Option(
        help: ArgumentHelp(
            "A local file or folder to put beside the program; may be given several times. A path below the current folder "
                + "stays as it is, of any other the last part is kept.", valueName: "path"),
        completion: .file())
    var file: [String] = []

    /// What to send for a run of `text`.
    ///
    /// - Parameter arguments: of the program; for a command, the command.
    /// - Throws: `invalid_request` when a file cannot be read.
    func request(
        _ text: ProgramText, language: String?, arguments: [String], _ input: LocalInput
    ) throws -> ExecutionRequest {
        let program: ExecutionProgram = text.isCommand ? .command(arguments) : .code(text.code, language: language)
        return ExecutionRequest(
            program: program, timeoutMilliseconds: timeout, cpuTimeMilliseconds: cpuTime,
            limits: ResourceLimitsRequest(
                memoryMiB: memory, cpuCores: cpu, diskMiB: disk, maxProcesses: processes, maxOutputBytes: maxOutput,
                stackMiB: stack, maxFileBytes: maxFile),
            stdin: text.stdin, arguments: text.isCommand ? [] : arguments,
            environment: env, workingDirectory: workingDir,
            files: text.files + (try file.flatMap { try input.sandboxFiles($0, at: placeInSandbox($0)) }),
            outputKeep: outputKeep)
    }

    /// - Throws: `ValidationError` when two files would have one place in the sandbox.
    func validate() throws {
        var places: [String: String] = [:]
        for path in file {
            if let other = places.updateValue(path, forKey: placeInSandbox(path)) {
                throw ValidationError("--file \(other) and --file \(path) have the same place in the sandbox")
            }
        }
        if let maxOutput, maxOutput < 1 { throw ValidationError("--max-output must be at least 1 byte") }
        if let disk, disk < 1 { throw ValidationError("--disk must be at least 1 MiB") }
        if let processes, processes < 1 { throw ValidationError("--processes must be at least 1") }
        if let stack, stack < 1 { throw ValidationError("--stack must be at least 1 MiB") }
        if let maxFile, maxFile < 1 { throw ValidationError("--max-file must be at least 1 byte") }
    }
}

/// Where the file at the local `path` goes, relative to the working directory.
func placeInSandbox(_ path: String) -> String {
    let parts = path.split(separator: "/").filter { $0 != "." }
    let staysBelow = !path.hasPrefix("/") && !parts.contains("..")
    return staysBelow ? parts.joined(separator: "/") : parts.last.map(String.init) ?? path
}
