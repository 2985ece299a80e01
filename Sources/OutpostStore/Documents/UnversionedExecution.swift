// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostCore

/// An execution in the form that was stored before documents had versions: an answer of the API. It is only read, so it
/// never changes.
struct UnversionedExecution: DocumentForm {
    let value: Execution

    init(from decoder: any Decoder) throws {
        let object = try decoder.unversioned()
        value = Execution(
            id: try object.identifier("id"), sandboxID: try object.identifier("sandbox_id"),
            status: try object.requiredNamed("status"), limit: try object.named("limit"),
            stdout: try object.output("stdout"), stderr: try object.output("stderr"),
            output: try object.decodeIfPresent([Piece].self, forKey: "output")?.map(\.value),
            exitCode: try object.decodeIfPresent(Int.self, forKey: "exit_code"),
            signal: try object.decodeIfPresent(String.self, forKey: "signal"),
            durationMilliseconds: try object.decode(Double.self, forKey: "duration_ms"),
            cpuTimeMilliseconds: try object.decode(Double.self, forKey: "cpu_time_ms"),
            memoryPeakBytes: try object.decode(Int.self, forKey: "memory_peak_bytes"),
            compile: try object.decodeIfPresent(Compile.self, forKey: "compile")?.value,
            startedAt: try object.timestamp("started_at"), completedAt: try object.timestamp("completed_at"),
            message: try object.decodeIfPresent(String.self, forKey: "message"),
            tests: try object.decodeIfPresent([Test].self, forKey: "tests")?.map(\.value))
    }

    private struct Piece: DocumentForm {
        let value: OutputPiece

        init(from decoder: any Decoder) throws {
            let object = try decoder.unversioned()
            let isText = try object.decode(String.self, forKey: "encoding") != "base64"
            value = OutputPiece(
                stream: try object.requiredNamed("stream"),
                bytes: isText
                    ? Array(try object.decode(String.self, forKey: "data").utf8)
                    : Array(try object.decode(Data.self, forKey: "data")))
        }
    }

    private struct Compile: DocumentForm {
        let value: CompileResult

        init(from decoder: any Decoder) throws {
            let object = try decoder.unversioned()
            value = CompileResult(
                stdout: try object.output("stdout"), stderr: try object.output("stderr"),
                exitCode: try object.decodeIfPresent(Int.self, forKey: "exit_code"),
                durationMilliseconds: try object.decode(Double.self, forKey: "duration_ms"),
                cached: try object.decode(Bool.self, forKey: "cached"))
        }
    }

    private struct Test: DocumentForm {
        let value: TestResult

        init(from decoder: any Decoder) throws {
            let object = try decoder.unversioned()
            value = TestResult(
                verdict: try object.requiredNamed("verdict"), limit: try object.named("limit"),
                exitCode: try object.decodeIfPresent(Int.self, forKey: "exit_code"),
                signal: try object.decodeIfPresent(String.self, forKey: "signal"),
                stdout: try object.output("stdout"), stderr: try object.output("stderr"),
                durationMilliseconds: try object.decode(Double.self, forKey: "duration_ms"),
                cpuTimeMilliseconds: try object.decode(Double.self, forKey: "cpu_time_ms"),
                memoryPeakBytes: try object.decode(Int.self, forKey: "memory_peak_bytes"),
                message: try object.decodeIfPresent(String.self, forKey: "message"))
        }
    }
}
