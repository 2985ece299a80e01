// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostCore

/// A job's request in the form that was stored before documents had versions: a request of the API. It is only read, so it
/// never changes.
struct UnversionedJob: DocumentForm {
    let value: JobRequest

    init(from decoder: any Decoder) throws {
        let object = try decoder.unversioned()
        value = JobRequest(
            execution: try object.execution(), language: try object.decodeIfPresent(String.self, forKey: "language"),
            sandboxID: try object.decodeIfPresent(String.self, forKey: "sandbox_id").map {
                try SandboxID(stored: $0, "sandbox_id")
            },
            security: try object.decodeIfPresent(Security.self, forKey: "security")?.value,
            priority: try object.decodeIfPresent(Int.self, forKey: "priority") ?? 0,
            maxAttempts: try object.decodeIfPresent(Int.self, forKey: "max_attempts") ?? 1,
            callbackURL: try object.decodeIfPresent(String.self, forKey: "callback_url"))
    }
}

private struct Security: DocumentForm {
    let value: SecurityRequest

    init(from decoder: any Decoder) throws {
        let object = try decoder.unversioned()
        let name = try object.decode(String.self, forKey: "user")
        guard let user = SandboxUser.known.first(where: { $0.name == name }) else {
            throw UnreadableDocument(reason: "security.user is '\(name)'")
        }
        value = SecurityRequest(
            seccompEnabled: try object.decode(Bool.self, forKey: "seccomp_enabled"), user: user,
            preset: try object.decode(String.self, forKey: "preset"), isolation: try object.named("isolation"))
    }
}

extension KeyedDecodingContainer<UnversionedKey> {
    /// The run that the job requests. The time limit may be in two places; the one of the request wins.
    fileprivate func execution() throws -> ExecutionRequest {
        var limits = try decodeIfPresent(Limits.self, forKey: "resource_limits")?.value ?? ResourceLimitsRequest()
        limits.timeoutMilliseconds = try decodeIfPresent(Int.self, forKey: "timeout_ms") ?? limits.timeoutMilliseconds
        return ExecutionRequest(
            program: try program(), timeoutMilliseconds: limits.timeoutMilliseconds,
            cpuTimeMilliseconds: try decodeIfPresent(Int.self, forKey: "cpu_time_ms"), limits: limits,
            stdin: try bytes("stdin"), arguments: try texts("args"),
            environment: try decodeIfPresent([Variable].self, forKey: "env")?.map(\.value) ?? [],
            workingDirectory: try decodeIfPresent(String.self, forKey: "working_dir"),
            files: try decodeIfPresent([File].self, forKey: "files")?.map(\.value) ?? [],
            concurrent: try decodeIfPresent(Bool.self, forKey: "concurrent") ?? false,
            outputKeep: try named("output_keep") ?? .both,
            interleaved: try decodeIfPresent(Bool.self, forKey: "interleaved") ?? false, judge: try judge())
    }

    private func program() throws -> ExecutionProgram {
        guard let code = try decodeIfPresent(String.self, forKey: "code") else {
            return .command(try decode([String].self, forKey: "command"))
        }
        return .code(code, language: try decodeIfPresent(String.self, forKey: "language"))
    }

    private func judge() throws -> JudgeRequest? {
        guard let tests = try decodeIfPresent([JudgeCase].self, forKey: "tests") else { return nil }
        return JudgeRequest(
            tests: tests.map(\.value),
            comparison: try decodeIfPresent(Comparison.self, forKey: "compare")?.value ?? .tokens,
            checker: try decodeIfPresent(Assistant.self, forKey: "checker")?.value,
            interactor: try decodeIfPresent(Assistant.self, forKey: "interactor")?.value,
            stopsOnFailure: try decodeIfPresent(Bool.self, forKey: "stop_on_failure") ?? false)
    }

    fileprivate func texts(_ name: UnversionedKey) throws -> [String] {
        try decodeIfPresent([String].self, forKey: name) ?? []
    }
}

private struct Limits: DocumentForm {
    let value: ResourceLimitsRequest

    init(from decoder: any Decoder) throws {
        let object = try decoder.unversioned()
        value = ResourceLimitsRequest(
            memoryMiB: try object.decodeIfPresent(Int.self, forKey: "memory_mb"),
            cpuCores: try object.decodeIfPresent(Double.self, forKey: "cpu_cores"),
            timeoutMilliseconds: try object.decodeIfPresent(Int.self, forKey: "timeout_ms"),
            diskMiB: try object.decodeIfPresent(Int.self, forKey: "disk_mb"),
            maxProcesses: try object.decodeIfPresent(Int.self, forKey: "max_processes"),
            maxOutputBytes: try object.decodeIfPresent(Int.self, forKey: "max_output_bytes"),
            stackMiB: try object.decodeIfPresent(Int.self, forKey: "stack_mb"),
            maxFileBytes: try object.decodeIfPresent(Int.self, forKey: "max_file_bytes"))
    }
}

/// An environment variable, as an array of name and value.
private struct Variable: DocumentForm {
    let value: EnvironmentVariable

    init(from decoder: any Decoder) throws {
        var pair = try decoder.unkeyedContainer()
        value = EnvironmentVariable(name: try pair.decode(String.self), value: try pair.decode(String.self))
    }
}

private struct File: DocumentForm {
    let value: SandboxFile

    init(from decoder: any Decoder) throws {
        let object = try decoder.unversioned()
        value = SandboxFile(
            path: try object.decode(String.self, forKey: "path"), content: try object.bytes("content"),
            mode: try object.decodeIfPresent(String.self, forKey: "mode").flatMap { UInt32($0, radix: 8) })
    }
}

private struct JudgeCase: DocumentForm {
    let value: JudgeTest

    init(from decoder: any Decoder) throws {
        let object = try decoder.unversioned()
        value = JudgeTest(
            stdin: try object.bytes("stdin"), arguments: try object.texts("args"),
            expectedStdout: try object.decodeIfPresent(String.self, forKey: "expected_stdout"),
            timeLimitMilliseconds: try object.decodeIfPresent(Int.self, forKey: "time_limit_ms"),
            wallTimeLimitMilliseconds: try object.decodeIfPresent(Int.self, forKey: "wall_time_limit_ms"),
            memoryLimitMiB: try object.decodeIfPresent(Int.self, forKey: "memory_limit_mb"))
    }
}

private struct Assistant: DocumentForm {
    let value: JudgeProgram

    init(from decoder: any Decoder) throws {
        let object = try decoder.unversioned()
        value = JudgeProgram(
            language: try object.decode(String.self, forKey: "language"),
            code: try object.decode(String.self, forKey: "code"),
            files: try object.decodeIfPresent([File].self, forKey: "files")?.map(\.value) ?? [])
    }
}

/// A comparison: its name, or an object with the tolerance in `numbers`.
private struct Comparison: DocumentForm {
    let value: OutputComparison

    init(from decoder: any Decoder) throws {
        do {
            value = try OutputComparison(stored: try decoder.singleValueContainer().decode(String.self), "compare")
        } catch DecodingError.typeMismatch {
            value = .numbers(tolerance: try decoder.unversioned().decode(Double.self, forKey: "numbers"))
        }
    }
}
