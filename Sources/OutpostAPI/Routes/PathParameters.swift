// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// The schemas of the parameters in paths.
enum PathParameters {
    /// The schemas by the names in the templates.
    static let schemas: [String: Schema] = [
        "namespace": .string("The tenant.", checks: [.namespaceName]),
        "id": .string("The sandbox's id.", checks: [.identifier(SandboxKind.self)]),
        "snapshot_id": .string("The snapshot's id.", checks: [.identifier(SnapshotKind.self)]),
        "exec_id": .string("The run's id.", checks: [.identifier(ExecutionKind.self)]),
        "proc_id": .string("The process's id.", checks: [.identifier(ProcessKind.self)]),
        "ctx_id": .string("The context's id.", checks: [.identifier(ContextKind.self)]),
        "job_id": .string("The job's id.", checks: [.identifier(JobKind.self)]),
        "name": .tokenName,
        "path": FilePath.schema,
    ]
}

/// The headers of requests that the OpenAPI document describes.
public enum RequestHeaders {
    /// Makes a call safe to repeat: the same key and body get the first answer again for 24 hours.
    public static let idempotencyKey = Field(
        "Idempotency-Key",
        .string(
            "For 24 hours, the same key and body get the first answer again. The same key with another body gets the "
                + "error `conflict`.", length: 1...128,
            checks: [
                StringCheck("must be printable ASCII", pattern: "^[\\u0020-\\u007e]+$") {
                    $0.utf8.allSatisfy { (0x20...0x7E).contains($0) }
                }
            ]))

    /// Checks that a key is well-formed.
    ///
    /// - Throws: `invalid_request` that names the header.
    public static func checkIdempotencyKey(_ key: String) throws(OutpostError) {
        let problem = idempotencyKey.schema.validate(.string(key)).first?.problem
        if let problem { throw .field(.invalidRequest, idempotencyKey.name, ErrorText(problem)) }
    }

    /// Asks for the time of each step of a run.
    static let timing = Field(
        "Outpost-Timing",
        .enumeration(
            "With `true`, the answer has the header `Server-Timing` with the time of each step of the run.",
            ["true", "false"]))

    /// Returns whether the header `Outpost-Timing` asks for the time of each step. Nil means that the header is absent.
    ///
    /// - Throws: `invalid_request` that names the header.
    public static func isTimingWanted(_ value: String?) throws(OutpostError) -> Bool {
        guard let value else { return false }
        let problem = timing.schema.validate(.string(value)).first?.problem
        if let problem { throw .field(.invalidRequest, timing.name, ErrorText(problem)) }
        return value == "true"
    }
}
