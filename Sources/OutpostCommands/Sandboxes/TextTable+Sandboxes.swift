// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

extension TextTable {
    /// One row for each sandbox.
    init(sandboxes: [Sandbox]) {
        self.init(
            header: ["ID", "NAME", "LANGUAGE", "MODE", "STATUS", "MEMORY", "CPU", "CREATED", "EXPIRES"],
            rows: sandboxes.map { sandbox in
                [
                    sandbox.id.rawValue, sandbox.name ?? TextTable.absent, sandbox.language, sandbox.mode.rawValue,
                    sandbox.status.rawValue, "\(sandbox.limits.memoryMiB) MiB", sandbox.limits.cpuCores.text,
                    sandbox.createdAt.text, sandbox.expiresAt.cell,
                ]
            })
    }

    /// One row for each field of `sandbox`.
    init(fieldsOf sandbox: Sandbox) {
        let labels = sandbox.metadata.sorted { $0.key < $1.key }.map { ["metadata", "\($0.key)=\($0.value)"] }
        let environment = sandbox.environment.map { ["env", "\($0.name)=\($0.value)"] }
        self.init(
            header: ["FIELD", "VALUE"],
            rows: identity(sandbox) + bounds(sandbox.limits) + environment + labels + times(sandbox))
    }
}

private func identity(_ sandbox: Sandbox) -> [[String]] {
    [
        ["id", sandbox.id.rawValue],
        ["name", sandbox.name ?? TextTable.absent],
        ["namespace", sandbox.namespace.rawValue],
        ["status", sandbox.status.rawValue],
        ["language", sandbox.language],
        ["image", sandbox.image],
        ["mode", sandbox.mode.rawValue],
        ["isolation", sandbox.security.isolation.rawValue],
        ["seccomp", sandbox.security.seccompEnabled ? "on" : "off"],
        ["user", sandbox.security.user.name],
        ["working dir", sandbox.workingDirectory],
    ]
}

private func bounds(_ limits: ResourceLimits) -> [[String]] {
    [
        ["memory", "\(limits.memoryMiB) MiB"],
        ["cpu cores", limits.cpuCores.text],
        ["timeout", "\((Double(limits.timeoutMilliseconds) / 1000).text) s"],
        ["disk", "\(limits.diskMiB) MiB"],
        ["processes", "\(limits.maxProcesses)"],
        ["output", "\(limits.maxOutputBytes) bytes"],
    ]
}

private func times(_ sandbox: Sandbox) -> [[String]] {
    [
        ["created", sandbox.createdAt.text],
        ["last used", sandbox.lastUsedAt.text],
        ["expires", sandbox.expiresAt.cell],
    ]
}
