// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// What the parameters of the paths are.
enum PathParameters {
    /// By their names in the templates.
    static let schemas: [String: Schema] = [
        "namespace": .string("The tenant.", checks: [.namespaceName]),
        "id": .string("The sandbox's id.", checks: [.identifier(SandboxKind.self)]),
        "job_id": .string("The job's id.", checks: [.identifier(JobKind.self)]),
        "name": .tokenName,
    ]
}

/// Headers of a request that the document describes.
public enum RequestHeaders {
    /// The same key and body give the first answer again for 24 hours.
    public static let idempotencyKey = Field(
        "Idempotency-Key",
        .string(
            "For 24 hours the same key and body get the first answer again; the same key with another body is a "
                + "conflict.", length: 1...128,
            checks: [
                StringCheck("must be printable ASCII", pattern: "^[\\u0020-\\u007e]+$") {
                    $0.utf8.allSatisfy { (0x20...0x7E).contains($0) }
                }
            ]))

    /// The key, when it is well-formed.
    ///
    /// - Throws: `invalid_request` that names the header.
    public static func checkIdempotencyKey(_ key: String) throws(OutpostError) {
        let problem = idempotencyKey.schema.validate(.string(key)).first?.problem
        if let problem { throw .field(.invalidRequest, idempotencyKey.name, ErrorText(problem)) }
    }

    /// Asks for the steps of a run.
    static let timing = Field(
        "Outpost-Timing",
        .enumeration(
            "With `true`, the answer has the header `Server-Timing`: where the time of the run went.",
            ["true", "false"]))

    /// Whether the header asks for the steps of the run.
    ///
    /// - Throws: `invalid_request` that names the header.
    public static func isTimingWanted(_ value: String?) throws(OutpostError) -> Bool {
        guard let value else { return false }
        let problem = timing.schema.validate(.string(value)).first?.problem
        if let problem { throw .field(.invalidRequest, timing.name, ErrorText(problem)) }
        return value == "true"
    }
}
