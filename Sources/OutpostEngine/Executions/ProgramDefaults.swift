// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing

/// Variables that make other people's tools behave in a sandbox. A client's own of the same name take their place.
enum ProgramDefaults {
    /// - Parameter memoryMiB: what a run may use.
    static func variables(_ security: SandboxSecurity, memoryMiB: Int) -> [EnvironmentVariable] {
        var values = withoutNetwork
        // A leak check stops the program's threads by ptrace(2), which only this preset has; without it every program that
        // was built with AddressSanitizer would fail at its end.
        if security.rules != .debug && security.seccompEnabled { values.append(("ASAN_OPTIONS", "detect_leaks=0")) }
        // Root has no CAP_CHOWN, and tar(1) as root gives its files to whoever packed them unless told otherwise.
        if security.user.uid == 0 { values.append(("TAR_OPTIONS", "--no-same-owner")) }
        return values.map { EnvironmentVariable(name: $0.0, value: $0.1) } + [heap(memoryMiB)]
    }

    /// Node.js would let its garbage grow for a heap that fits the host's memory. What it needs besides, for its own code and
    /// for young objects, is taken off first. In the steps in which sandboxes are built, since an interpreter that waits
    /// has it already.
    static func heap(_ memoryMiB: Int) -> EnvironmentVariable {
        let heap = max(16, (SandboxSpec.memoryStep(memoryMiB) - 48) * 4 / 5)
        return EnvironmentVariable(name: "NODE_OPTIONS", value: "--max-old-space-size=\(heap)")
    }

    /// The variables of a program that gets another memory, where they have not been replaced.
    static func adapted(_ variables: [EnvironmentVariable], from old: Int, to new: Int) -> [EnvironmentVariable] {
        variables.map { $0 == heap(old) ? heap(new) : $0 }
    }

    /// No address can be reached, so another try, a question to the user or a look for something newer only takes time: npm
    /// says nothing for 70 s.
    private static let withoutNetwork: [(String, String)] = [
        ("NPM_CONFIG_FETCH_RETRIES", "0"), ("NPM_CONFIG_UPDATE_NOTIFIER", "false"), ("YARN_HTTP_RETRY", "0"),
        ("PIP_RETRIES", "0"), ("PIP_NO_INPUT", "1"), ("PIP_DISABLE_PIP_VERSION_CHECK", "1"), ("UV_HTTP_RETRIES", "0"),
        ("CONDA_REMOTE_MAX_RETRIES", "0"), ("CARGO_NET_RETRY", "0"), ("BUNDLE_RETRY", "0"),
    ]
}
