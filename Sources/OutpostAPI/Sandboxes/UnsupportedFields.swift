// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Fields of the API that this version checks but does not support. It accepts only values that ask for nothing.
extension Field {
    static let image = Field(
        "image", .string("An OCI image's reference.", length: 1...512, checks: [.printable]).notInThisVersion())

    static let gpu = Field("gpu", .gpu)

    static let deps = Field(
        "deps",
        Schema.array(
            "Packages to install first.", of: .string("The package's name in the language.", length: 1...512),
            count: 0...256
        ).notInThisVersion { $0 == [] })

    static let diskSize = Field(
        "disk_size_gb",
        .number("Size of the disk in GiB; `resource_limits.disk_mb` bounds it.", above: 0).notInThisVersion())

    static let ports = Field(
        "ports",
        Schema.array(
            "Ports to publish.",
            of: .object(
                "",
                [
                    Field("guest_port", .port("Port inside the sandbox."), required: true),
                    Field("host_port", .port("Port on the host; a free one when left out.")),
                    Field("protocol", Schema.enumeration("", ["tcp", "udp"]).defaulting(to: "tcp")),
                ]), count: 0...64
        ).notInThisVersion { $0 == [] })

    static let network = Field(
        "network",
        Schema.object(
            "What the sandbox may reach.",
            [
                Field(
                    "egress",
                    .enumeration("Nothing, only the destinations in `allow`, or all.", ["none", "allowlist", "all"]),
                    required: true),
                Field(
                    "allow",
                    .array(
                        "Destinations as `host:port`.", of: .string("", length: 1...261, checks: [.printable]),
                        count: 0...256)),
            ]
        ).notInThisVersion { $0["egress"] == "none" && ($0["allow"] ?? []) == [] })

    static let healthCheck = Field(
        "health_check",
        Schema.object(
            "How to check the sandbox's health.",
            [
                Field("interval_secs", .number("Seconds between two checks.", above: 0)),
                Field("timeout_secs", .number("The longest time of one check in seconds.", above: 0)),
                Field("retries", .integer("The sandbox is unhealthy after this many failures in a row.", 1...1000)),
                Field("command", .array("The command that checks.", of: .argument, count: 1...1024)),
            ]
        ).notInThisVersion())
}

extension Schema {
    static let gpu = Schema(
        .anyOf([.boolean(""), .integer("", 0...64), .string("", length: 1...64)]), "A GPU, by number or model."
    ).notInThisVersion()

    static func port(_ doc: String) -> Schema { .integer(doc, 1...65_535) }
}
