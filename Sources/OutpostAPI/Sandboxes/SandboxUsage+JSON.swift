// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

extension SandboxUsage: JSONBody {
    private static func count(_ doc: String) -> Schema { .integer(doc, 0...Int64.max) }

    public static let schema = Schema.object(
        "What a sandbox has used since the server started, and what it uses now.",
        [
            Field("cpu_time_ms", .number("Processor time of its programs.", from: 0), required: true),
            Field(
                "cpu_throttled_ms",
                .number("Time in which its programs had used up their share of the processor.", from: 0), required: true
            ),
            Field("memory_bytes", count("Memory now, with files in memory; 0 when it is not up."), required: true),
            Field("memory_peak_bytes", count("The largest peak of one run."), required: true),
            Field("processes", count("Processes and threads now."), required: true),
            Field(
                "disk_used_bytes",
                count("Bytes on its own disk; the files of its last snapshot or fork do not count."), required: true),
            Field("disk_files_used", count("Files and folders on its own disk."), required: true),
            Field("network_rx_bytes", count("Always 0 in this version."), required: true),
            Field("network_tx_bytes", count("Always 0 in this version."), required: true),
        ], isOpen: true
    ).named("SandboxMetrics")

    public var json: JSONValue {
        [
            "cpu_time_ms": .number(Double(cpuMicroseconds) / 1000),
            "cpu_throttled_ms": .number(Double(throttledMicroseconds) / 1000),
            "memory_bytes": .integer(Int64(memoryBytes)),
            "memory_peak_bytes": .integer(Int64(memoryPeakBytes)),
            "processes": .integer(Int64(processes)),
            "disk_used_bytes": .integer(Int64(diskUsedBytes)),
            "disk_files_used": .integer(Int64(diskUsedFiles)),
            "network_rx_bytes": 0,
            "network_tx_bytes": 0,
        ]
    }

    public init(validated object: JSONObject) throws(OutpostError) {
        self.init(
            cpuMicroseconds: Int(try object.required("cpu_time_ms", \.numberValue) * 1000),
            throttledMicroseconds: Int(try object.required("cpu_throttled_ms", \.numberValue) * 1000),
            memoryBytes: try object.required("memory_bytes", \.integerValue),
            memoryPeakBytes: try object.required("memory_peak_bytes", \.integerValue),
            processes: try object.required("processes", \.integerValue),
            diskUsedBytes: try object.required("disk_used_bytes", \.integerValue),
            diskUsedFiles: try object.required("disk_files_used", \.integerValue))
    }
}
