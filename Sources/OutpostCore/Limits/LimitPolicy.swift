// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The operator's bounds on what a client may ask for.
public struct LimitPolicy: Hashable, Sendable {
    public var defaults: ResourceLimits
    public var maxima: ResourceLimits
    public var minima: ResourceLimits

    public init(defaults: ResourceLimits, maxima: ResourceLimits, minima: ResourceLimits = .smallest) {
        self.defaults = defaults
        self.maxima = maxima
        self.minima = minima
    }

    /// `limits`, or the refusal that names the first limit out of bounds.
    ///
    /// - Throws: `invalid_request` below the minimum, `unprocessable` above the maximum.
    public func checked(_ limits: ResourceLimits) throws(OutpostError) -> ResourceLimits {
        try check(Parameter.resourceLimits / .memory, limits.memoryMiB, minima.memoryMiB, maxima.memoryMiB)
        try check(Parameter.resourceLimits / .processors, limits.cpuCores, minima.cpuCores, maxima.cpuCores)
        try check(
            Parameter.resourceLimits / .timeout, limits.timeoutMilliseconds, minima.timeoutMilliseconds,
            maxima.timeoutMilliseconds)
        try check(Parameter.resourceLimits / .disk, limits.diskMiB, minima.diskMiB, maxima.diskMiB)
        try check(Parameter.resourceLimits / .processes, limits.maxProcesses, minima.maxProcesses, maxima.maxProcesses)
        try check(
            Parameter.resourceLimits / .output, limits.maxOutputBytes, minima.maxOutputBytes, maxima.maxOutputBytes)
        if let stack = limits.stackMiB { try check(Parameter.resourceLimits / .stack, stack, 1, maxima.memoryMiB) }
        if let size = limits.maxFileBytes {
            try check(Parameter.resourceLimits / .fileSize, size, 1, maxima.diskMiB << 20)
        }
        return limits
    }

    /// Refuses a limit of processor time that a limit of wall time could not be.
    public func check(cpuTimeMilliseconds limit: Int?) throws(OutpostError) {
        guard let limit else { return }
        try check(.cpuTime, limit, minima.timeoutMilliseconds, maxima.timeoutMilliseconds)
    }

    /// Refuses the limits of the first test that has one out of bounds, as `checked` does.
    public func check(_ tests: [JudgeTest]) throws(OutpostError) {
        for (position, test) in tests.enumerated() {
            let parameter = Parameter.tests[position]
            if let limit = test.timeLimitMilliseconds {
                try check(parameter / .timeLimit, limit, minima.timeoutMilliseconds, maxima.timeoutMilliseconds)
            }
            if let limit = test.wallTimeLimitMilliseconds {
                try check(parameter / .wallTimeLimit, limit, minima.timeoutMilliseconds, maxima.timeoutMilliseconds)
            }
            if let limit = test.memoryLimitMiB {
                try check(parameter / .memoryLimit, limit, minima.memoryMiB, maxima.memoryMiB)
            }
        }
    }

    private func check<Value: Comparable>(
        _ parameter: Parameter, _ value: Value, _ least: Value, _ most: Value
    ) throws(OutpostError) {
        // Written so that a NaN, which compares false with everything, is refused.
        guard value >= least else { throw .parameter(.invalidRequest, parameter, "must be at least \(least)") }
        guard value <= most else {
            throw .parameter(.unprocessable, parameter, "is above this host's maximum of \(most)")
        }
    }
}

extension ResourceLimits {
    /// These limits, but no field above that of `maxima`.
    public func bounded(by maxima: ResourceLimits) -> ResourceLimits {
        ResourceLimits(
            memoryMiB: min(memoryMiB, maxima.memoryMiB), cpuCores: min(cpuCores, maxima.cpuCores),
            timeoutMilliseconds: min(timeoutMilliseconds, maxima.timeoutMilliseconds),
            diskMiB: min(diskMiB, maxima.diskMiB), maxProcesses: min(maxProcesses, maxima.maxProcesses),
            maxOutputBytes: min(maxOutputBytes, maxima.maxOutputBytes), stackMiB: stackMiB,
            maxFileBytes: maxFileBytes)
    }

    /// The least that starts any language at all.
    public static let smallest = ResourceLimits(
        memoryMiB: 4, cpuCores: 0.01, timeoutMilliseconds: 1, diskMiB: 1, maxProcesses: 1, maxOutputBytes: 1)
}
