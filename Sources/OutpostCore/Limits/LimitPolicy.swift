// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The operator's bounds for the limits that a client may request.
public struct LimitPolicy: Hashable, Sendable {
    /// The limits of a sandbox whose creator names none.
    public var defaults: ResourceLimits
    public var maxima: ResourceLimits
    public var minima: ResourceLimits

    public init(defaults: ResourceLimits, maxima: ResourceLimits, minima: ResourceLimits = .smallest) {
        self.defaults = defaults
        self.maxima = maxima
        self.minima = minima
    }

    /// Returns `limits` when all of them are within the bounds.
    ///
    /// - Throws: `invalid_request` for a limit below its minimum, `unprocessable` for one above its maximum. The error
    ///   names the first such limit.
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

    /// Checks the wall time that a request asks for by itself, beside its other limits.
    ///
    /// - Throws: as `checked`.
    public func check(timeoutMilliseconds limit: Int?) throws(OutpostError) {
        guard let limit else { return }
        try check(.timeout, limit, minima.timeoutMilliseconds, maxima.timeoutMilliseconds)
    }

    /// Checks a limit of processor time. Its bounds are those of wall time.
    ///
    /// - Throws: as `checked`.
    public func check(cpuTimeMilliseconds limit: Int?) throws(OutpostError) {
        guard let limit else { return }
        try check(.cpuTime, limit, minima.timeoutMilliseconds, maxima.timeoutMilliseconds)
    }

    /// Checks the limits of all tests.
    ///
    /// - Throws: as `checked`.
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
        // The guards also refuse a NaN, because its comparisons are false.
        guard value >= least else { throw .parameter(.invalidRequest, parameter, "must be at least \(least)") }
        guard value <= most else {
            throw .parameter(.unprocessable, parameter, "is above this host's maximum of \(most)")
        }
    }
}

extension ResourceLimits {
    /// These limits with each field at most that of `maxima`.
    public func bounded(by maxima: ResourceLimits) -> ResourceLimits {
        ResourceLimits(
            memoryMiB: min(memoryMiB, maxima.memoryMiB), cpuCores: min(cpuCores, maxima.cpuCores),
            timeoutMilliseconds: min(timeoutMilliseconds, maxima.timeoutMilliseconds),
            diskMiB: min(diskMiB, maxima.diskMiB), maxProcesses: min(maxProcesses, maxima.maxProcesses),
            maxOutputBytes: min(maxOutputBytes, maxima.maxOutputBytes), stackMiB: stackMiB,
            maxFileBytes: maxFileBytes)
    }

    /// The smallest limits with which any language starts.
    public static let smallest = ResourceLimits(
        memoryMiB: 4, cpuCores: 0.01, timeoutMilliseconds: 1, diskMiB: 1, maxProcesses: 1, maxOutputBytes: 1)
}
