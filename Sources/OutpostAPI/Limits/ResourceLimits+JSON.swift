// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

extension ResourceLimits: JSONBody {
    public static let schema = Schema.object(
        "The limits in force. The server enforces each of them.",
        [
            Field("memory_mb", .integer("Memory in MiB, page cache and tmpfs included."), required: true),
            Field(
                "cpu_cores", .number("The number of cores that a run may use; 0.5 is half a core.", above: 0),
                required: true),
            Field("timeout_ms", .integer("Wall time of a program in milliseconds."), required: true),
            Field("disk_mb", .integer("The size of the writable file system in MiB."), required: true),
            Field("gpu", .string("The GPU given; always null in this version.").orNull),
            Field("max_processes", .integer("Processes and threads at one time."), required: true),
            Field("max_output_bytes", .integer("Bytes kept of each of stdout and stderr."), required: true),
            Field("stack_mb", .integer("MiB of the main thread's stack; null for the default.").orNull),
            Field("max_file_bytes", .integer("Size of the largest file; null for as much as the disk holds.").orNull),
        ], isOpen: true
    ).named("ResourceLimits")

    public var json: JSONValue {
        [
            "memory_mb": .integer(Int64(memoryMiB)),
            "cpu_cores": .number(cpuCores),
            "timeout_ms": .integer(Int64(timeoutMilliseconds)),
            "disk_mb": .integer(Int64(diskMiB)),
            "gpu": .null,
            "max_processes": .integer(Int64(maxProcesses)),
            "max_output_bytes": .integer(Int64(maxOutputBytes)),
            "stack_mb": stackMiB.map { .integer(Int64($0)) } ?? .null,
            "max_file_bytes": maxFileBytes.map { .integer(Int64($0)) } ?? .null,
        ]
    }

    public init(validated object: JSONObject) throws(OutpostError) {
        self.init(
            memoryMiB: try object.required("memory_mb", \.integerValue),
            cpuCores: try object.required("cpu_cores", \.numberValue),
            timeoutMilliseconds: try object.required("timeout_ms", \.integerValue),
            diskMiB: try object.required("disk_mb", \.integerValue),
            maxProcesses: try object.required("max_processes", \.integerValue),
            maxOutputBytes: try object.required("max_output_bytes", \.integerValue),
            stackMiB: try object.optional("stack_mb", \.integerValue),
            maxFileBytes: try object.optional("max_file_bytes", \.integerValue))
    }
}
