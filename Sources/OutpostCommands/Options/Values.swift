// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostCore

/// Parses `NAME=VALUE` as a variable of a program's environment.
func environmentVariable(_ text: String) throws -> EnvironmentVariable {
    let (name, value) = try pair(text)
    return EnvironmentVariable(name: name, value: value)
}

/// Parses `NAME=VALUE` as a label of a sandbox.
func label(_ text: String) throws -> Label {
    let (name, value) = try pair(text)
    return Label(name: name, value: value)
}

/// One entry of a sandbox's metadata.
struct Label: Equatable {
    let name: String
    let value: String
}

/// Parses the id of a sandbox.
func contextID(_ text: String) throws -> ContextID {
    guard let id = ContextID(text) else {
        throw ValidationError("\"\(text)\" is not a context's id, such as ctx_0123456789ab")
    }
    return id
}

func sandboxID(_ text: String) throws -> SandboxID {
    guard let id = SandboxID(text) else {
        throw ValidationError("\"\(text)\" is not a sandbox's id, such as sbx_0123456789ab")
    }
    return id
}

/// Parses the id of a snapshot.
func snapshotID(_ text: String) throws -> SnapshotID {
    guard let id = SnapshotID(text) else {
        throw ValidationError("\"\(text)\" is not a snapshot's id, such as snap_0123456789ab")
    }
    return id
}

/// Parses the id of a run.
func executionID(_ text: String) throws -> ExecutionID {
    guard let id = ExecutionID(text) else {
        throw ValidationError("\"\(text)\" is not a run's id, such as exec_0123456789ab")
    }
    return id
}

/// Parses the id of a job.
func jobID(_ text: String) throws -> JobID {
    guard let id = JobID(text) else {
        throw ValidationError("\"\(text)\" is not a job's id, such as job_0123456789ab")
    }
    return id
}

/// Parses a number of seconds and returns milliseconds, at least 1.
func milliseconds(_ text: String) throws -> Int {
    guard let milliseconds = Int(exactly: (try positiveNumber(text) * 1000).rounded()) else {
        throw ValidationError("\"\(text)\" is too long a time")
    }
    return max(1, milliseconds)
}

/// Parses a finite number above zero. JSON has no infinity.
func positiveNumber(_ text: String) throws -> Double {
    guard let number = Double(text), number.isFinite, number > 0 else {
        throw ValidationError("\"\(text)\" is not a number above zero")
    }
    return number
}

private func pair(_ text: String) throws -> (name: String, value: String) {
    guard let sign = text.firstIndex(of: "="), sign > text.startIndex else {
        throw ValidationError("\"\(text)\" is not of the form NAME=VALUE")
    }
    return (String(text[..<sign]), String(text[text.index(after: sign)...]))
}
