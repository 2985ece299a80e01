// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

extension ResourceLimitsRequest: JSONBody {
    private static let smallest = ResourceLimits.smallest

    public static let schema = Schema.object(
        "Limits of a run. A missing field gets the value of the sandbox or of the server. The server's maxima apply.",
        [
            Field(
                "memory_mb",
                .integer("Memory in MiB, page cache and tmpfs included.", Int64(smallest.memoryMiB)...Int64.max)),
            Field(
                "cpu_cores",
                .number("The number of cores that a run may use; 0.5 is half a core.", from: smallest.cpuCores)),
            Field("timeout_ms", .integer("Wall time of the program in milliseconds.")),
            Field("disk_mb", .integer("The size of the writable file system in MiB.")),
            Field("gpu", .gpu),
            Field("max_processes", .integer("Processes and threads at one time.")),
            Field("max_output_bytes", .integer("Bytes kept of each of stdout and stderr.")),
            Field(
                "stack_mb",
                .integer(
                    "The largest size of the main thread's stack in MiB; a program may raise it. The default is 8, "
                        + "and for tests the limit of the memory.")),
            Field("max_file_bytes", .integer("Size of the largest file that may be written.")),
        ]
    ).named("ResourceLimitsRequest")

    public var json: JSONValue {
        var object = JSONObject()
        object["memory_mb"] = memoryMiB.map { .integer(Int64($0)) }
        object["cpu_cores"] = cpuCores.map { .number($0) }
        object["timeout_ms"] = timeoutMilliseconds.map { .integer(Int64($0)) }
        object["disk_mb"] = diskMiB.map { .integer(Int64($0)) }
        object["max_processes"] = maxProcesses.map { .integer(Int64($0)) }
        object["max_output_bytes"] = maxOutputBytes.map { .integer(Int64($0)) }
        object["stack_mb"] = stackMiB.map { .integer(Int64($0)) }
        object["max_file_bytes"] = maxFileBytes.map { .integer(Int64($0)) }
        return .object(object)
    }

    public init(validated object: JSONObject) throws(OutpostError) {
        self.init(
            memoryMiB: try object.optional("memory_mb", \.integerValue),
            cpuCores: try object.optional("cpu_cores", \.numberValue),
            timeoutMilliseconds: try object.optional("timeout_ms", \.integerValue),
            diskMiB: try object.optional("disk_mb", \.integerValue),
            maxProcesses: try object.optional("max_processes", \.integerValue),
            maxOutputBytes: try object.optional("max_output_bytes", \.integerValue),
            stackMiB: try object.optional("stack_mb", \.integerValue),
            maxFileBytes: try object.optional("max_file_bytes", \.integerValue))
    }

    /// The member `resource_limits` of a request; no limits when it is absent.
    static func member(of object: JSONObject) throws(OutpostError) -> ResourceLimitsRequest {
        guard let limits = try object.optional("resource_limits", \.objectValue) else { return .init() }
        return try ResourceLimitsRequest(validated: limits)
    }
}
