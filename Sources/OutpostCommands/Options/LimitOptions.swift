// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostCore

/// The limits of a run. For a new sandbox, the limits of each of its runs.
struct LimitOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The most memory that a run may use.", valueName: "MiB"))
    var memory: Int?

    @Option(
        help: ArgumentHelp("The number of cores that a run may use; 0.5 is half a core.", valueName: "cores"),
        transform: positiveNumber)
    var cpu: Double?

    @Option(help: ArgumentHelp("Kill a run after this much wall time.", valueName: "seconds"), transform: milliseconds)
    var timeout: Int?

    @Option(help: ArgumentHelp("The size of the writable file system.", valueName: "MiB"))
    var disk: Int?

    @Option(help: ArgumentHelp("The size of the main thread's stack.", valueName: "MiB"))
    var stack: Int?

    @Option(help: ArgumentHelp("The largest file that a run may write.", valueName: "bytes"))
    var maxFile: Int?

    @Option(help: ArgumentHelp("The most processes that a run may have at one time.", valueName: "count"))
    var processes: Int?

    @Option(help: ArgumentHelp("The most bytes to keep of each output stream of a run.", valueName: "bytes"))
    var maxOutput: Int?

    /// - Throws: `ValidationError` for a limit of zero or less.
    func validate() throws {
        if let maxOutput, maxOutput < 1 { throw ValidationError("--max-output must be at least 1 byte") }
        if let disk, disk < 1 { throw ValidationError("--disk must be at least 1 MiB") }
        if let processes, processes < 1 { throw ValidationError("--processes must be at least 1") }
        if let stack, stack < 1 { throw ValidationError("--stack must be at least 1 MiB") }
        if let maxFile, maxFile < 1 { throw ValidationError("--max-file must be at least 1 byte") }
    }

    /// The limits for a request. The server's defaults apply to missing ones.
    var request: ResourceLimitsRequest {
        ResourceLimitsRequest(
            memoryMiB: memory, cpuCores: cpu, timeoutMilliseconds: timeout, diskMiB: disk, maxProcesses: processes,
            maxOutputBytes: maxOutput, stackMiB: stack, maxFileBytes: maxFile)
    }
}
