// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostCore

/// The options of every command that runs a program.
struct RunOptions: ParsableArguments {
    @Option(
        help: "Set an environment variable of the program. You may repeat this option.", transform: environmentVariable)
    var env: [EnvironmentVariable] = []

    @OptionGroup var limits: LimitOptions

    @Option(
        help: ArgumentHelp(
            "Kill the program after this much processor time of all its processes together.", valueName: "seconds"),
        transform: milliseconds)
    var cpuTime: Int?

    @Option(help: "What to keep of output longer than --max-output: its start and its end (both), or its start (head).")
    var outputKeep = OutputKeep.both

    @Flag(help: "Keep the order of writes between standard output and standard error.")
    var interleaved = false

    @Option(help: ArgumentHelp("The working directory of the program, inside the sandbox.", valueName: "path"))
    var workingDir: String?

    @Option(
        help: ArgumentHelp(
            "Put a local file or folder beside the program. You may repeat this option. A path below the current folder "
                + "stays as it is. Any other path keeps only its last part.", valueName: "path"),
        completion: .file())
    var file: [String] = []

    /// Whether the output of the run is printed as it comes, and all of it. The other forms of output need its end.
    var isLive: Bool { !interleaved && outputKeep == .both && limits.maxOutput == nil }

    /// Makes the request for a run of `text`.
    ///
    /// - Parameter arguments: the arguments of the program, or the whole command.
    /// - Throws: `invalid_request` when a file cannot be read.
    func request(
        _ text: ProgramText, language: String?, arguments: [String], _ input: LocalInput
    ) throws -> ExecutionRequest {
        let program: ExecutionProgram = text.isCommand ? .command(arguments) : .code(text.code, language: language)
        // The request has another field for the timeout.
        var limits = limits.request
        limits.timeoutMilliseconds = nil
        return ExecutionRequest(
            program: program, timeoutMilliseconds: self.limits.timeout, cpuTimeMilliseconds: cpuTime, limits: limits,
            stdin: text.stdin, isInputOpen: text.isInputOpen, arguments: text.isCommand ? [] : arguments,
            environment: env, workingDirectory: workingDir,
            files: text.files + (try file.flatMap { try input.sandboxFiles($0, at: placeInSandbox($0)) }),
            outputKeep: outputKeep, interleaved: interleaved)
    }

    /// - Throws: `ValidationError` when two files would have the same path in the sandbox.
    func validate() throws {
        var places: [String: String] = [:]
        for path in file {
            if let other = places.updateValue(path, forKey: placeInSandbox(path)) {
                throw ValidationError("--file \(other) and --file \(path) have the same path in the sandbox")
            }
        }
    }
}

/// Returns the place in the sandbox for the file at the local `path`, relative to the working directory.
func placeInSandbox(_ path: String) -> String {
    let parts = path.split(separator: "/").filter { $0 != "." }
    let staysBelow = !path.hasPrefix("/") && !parts.contains("..")
    return staysBelow ? parts.joined(separator: "/") : parts.last.map(String.init) ?? path
}
