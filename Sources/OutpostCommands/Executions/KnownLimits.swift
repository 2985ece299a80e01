// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The limits that the caller gave on the command line, for messages. A missing limit is the sandbox's or the server's.
struct KnownLimits: Equatable {
    /// In MiB.
    var memory: Int?
    /// In MiB.
    var disk: Int?
    /// Wall time in milliseconds.
    var timeout: Int?
    /// Processor time in milliseconds.
    var cpuTime: Int?
}

extension RunOptions {
    /// The limits that the options set.
    var knownLimits: KnownLimits {
        KnownLimits(memory: limits.memory, disk: limits.disk, timeout: limits.timeout, cpuTime: cpuTime)
    }
}
