// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

extension ResourceLimits: JSONBody {
    public static let schema = Schema.object(
        "The bounds in force, every one of them real.",
        [
            Field("memory_mb", .integer("Memory in MiB, page cache and tmpfs included."), required: true),
            Field(
                "cpu_cores", .number("Cores' worth of CPU time per wall time; 0.5 is half a core.", above: 0),
                required: true),
            Field("timeout_ms", .integer("Wall time of a program in milliseconds."), required: true),
            Field("disk_mb", .integer("MiB that the writable file system may hold."), required: true),
            Field("gpu", .string("The GPU given; always null in this version.").orNull),
            Field("max_processes", .integer("Processes and threads at one time."), required: true),
            Field("max_output_bytes", .integer("Bytes kept of each of stdout and stderr."), required: true),
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
        ]
    }

    public init(validated object: JSONObject) throws(OutpostError) {
        self.init(
            memoryMiB: try object.required("memory_mb", \.integerValue),
            cpuCores: try object.required("cpu_cores", \.numberValue),
            timeoutMilliseconds: try object.required("timeout_ms", \.integerValue),
            diskMiB: try object.required("disk_mb", \.integerValue),
            maxProcesses: try object.required("max_processes", \.integerValue),
            maxOutputBytes: try object.required("max_output_bytes", \.integerValue))
    }
}
