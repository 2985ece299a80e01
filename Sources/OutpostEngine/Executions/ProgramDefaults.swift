// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing

/// Environment variables that make common tools work in a sandbox. A client's variable of the same name replaces the
/// default.
enum ProgramDefaults {
    /// Returns the default variables.
    ///
    /// - Parameter memoryMiB: the memory limit of the run, in MiB.
    static func variables(_ security: SandboxSecurity, memoryMiB: Int) -> [EnvironmentVariable] {
        var values = withoutNetwork
        // The leak check of AddressSanitizer stops the program's threads with ptrace(2). Only the `debug` preset allows
        // this call. Without this option every program that was built with AddressSanitizer would fail at its end.
        if security.rules != .debug && security.seccompEnabled { values.append(("ASAN_OPTIONS", "detect_leaks=0")) }
        // Root in a sandbox has no CAP_CHOWN. By default tar(1), as root, tries to give each file to the user in the
        // archive.
        if security.user.uid == 0 { values.append(("TAR_OPTIONS", "--no-same-owner")) }
        return values.map { EnvironmentVariable(name: $0.0, value: $0.1) } + [heap(memoryMiB)]
    }

    /// Returns the heap limit for Node.js. Without it Node.js sizes its heap for the memory of the host. The limit
    /// leaves memory for its own code and for young objects. The value changes in the steps of `memoryStep`, because an
    /// interpreter that waits already has it.
    static func heap(_ memoryMiB: Int) -> EnvironmentVariable {
        let heap = max(16, (SandboxSpec.memoryStep(memoryMiB) - 48) * 4 / 5)
        return EnvironmentVariable(name: "NODE_OPTIONS", value: "--max-old-space-size=\(heap)")
    }

    /// Returns the variables for a program whose memory limit changes from `old` to `new` MiB. Only an unchanged
    /// default is adapted.
    static func adapted(_ variables: [EnvironmentVariable], from old: Int, to new: Int) -> [EnvironmentVariable] {
        variables.map { $0 == heap(old) ? heap(new) : $0 }
    }

    /// No sandbox has a network. Retries, questions to the user and update checks only take time: npm waits silently
    /// for 70 s. Only pip needs one retry: without it, pip does not say that the network is missing.
    private static let withoutNetwork: [(String, String)] = [
        ("NPM_CONFIG_FETCH_RETRIES", "0"), ("NPM_CONFIG_UPDATE_NOTIFIER", "false"), ("YARN_HTTP_RETRY", "0"),
        ("PIP_RETRIES", "1"), ("PIP_NO_INPUT", "1"), ("PIP_DISABLE_PIP_VERSION_CHECK", "1"), ("UV_HTTP_RETRIES", "0"),
        ("CONDA_REMOTE_MAX_RETRIES", "0"), ("CARGO_NET_RETRY", "0"), ("BUNDLE_RETRY", "0"),
    ]
}
