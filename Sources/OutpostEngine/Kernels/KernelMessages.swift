// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostCore

/// A message to a kernel.
struct KernelCommand: Encodable {
    var type: String
    var id: Int
    var code: String?
    var cursor: Int?
    var detail: Bool?
    var max_result_bytes: Int?

    /// The message as a frame.
    func frame() throws(OutpostError) -> [UInt8] {
        do {
            return KernelFrames.frame(Array(try JSONEncoder().encode(self)))
        } catch {
            throw OutpostError(.internal, "the message to the kernel could not be encoded", cause: error)
        }
    }
}

/// A message of a kernel. Nothing in it is trusted.
struct KernelReply: Decodable {
    struct Failure: Decodable {
        var name: String
        var value: String
        var traceback: [String]
    }

    var type: String
    var id: Int?
    var data: [String: String]?
    var json: [String: String]?
    var is_main_result: Bool?
    var display_id: String?
    var update: Bool?
    var omitted: [String: Int]?
    var status: String?
    var error: Failure?
    var execution_count: Int?
    var matches: [String]?
    var cursor_start: Int?
    var cursor_end: Int?
    var found: Bool?
    var `protocol`: Int?
    var version: String?
    var implementation: String?

    /// - Returns: nil for bytes that are not a message.
    init?(_ bytes: [UInt8]) {
        do {
            self = try JSONDecoder().decode(KernelReply.self, from: Data(bytes))
        } catch {
            return nil
        }
    }

    var result: KernelResult {
        KernelResult(
            data: bundle, isMain: is_main_result ?? false, displayID: display_id, isUpdate: update ?? false,
            omitted: omitted ?? [:])
    }

    var bundle: KernelData { KernelData(texts: data ?? [:], json: json ?? [:]) }

    var failure: KernelError? {
        error.map { KernelError(name: $0.name, value: $0.value, traceback: $0.traceback) }
    }
}
