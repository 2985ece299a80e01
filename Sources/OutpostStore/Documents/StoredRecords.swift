// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

extension Execution {
    /// Encodes the execution as a document with a version, for a store.
    ///
    /// - Throws: `internal` when it cannot be encoded.
    public func stored() throws(OutpostError) -> [UInt8] {
        do {
            return try ExecutionDocument.bytes(of: self)
        } catch {
            throw OutpostError(.internal, "the result cannot be encoded for the store", cause: error)
        }
    }

    /// Decodes an execution that this version or an earlier one stored.
    ///
    /// - Throws: `internal` when this version cannot read it.
    public init(stored bytes: [UInt8]) throws(OutpostError) {
        do {
            self = try ExecutionDocument.value(in: bytes)
        } catch {
            throw unreadable("the result", error)
        }
    }
}

extension JobRequest {
    /// Encodes the request as a document with a version, for a store.
    ///
    /// - Throws: `internal` when it cannot be encoded.
    public func stored() throws(OutpostError) -> [UInt8] {
        do {
            return try JobDocument.bytes(of: self)
        } catch {
            throw OutpostError(.internal, "the job cannot be encoded for the store", cause: error)
        }
    }

    /// Decodes a request that this version or an earlier one stored.
    ///
    /// - Throws: `internal` when this version cannot read it.
    public init(stored bytes: [UInt8]) throws(OutpostError) {
        do {
            self = try JobDocument.value(in: bytes)
        } catch {
            throw unreadable("the job", error)
        }
    }
}

/// The client's error for a document that cannot be read. Its message has the unknown version or name and no other detail.
private func unreadable(_ what: String, _ error: any Error) -> OutpostError {
    guard let reason = (error as? UnreadableDocument)?.reason else {
        return OutpostError(.internal, ErrorText("\(what) cannot be read any more"), cause: error)
    }
    return OutpostError(.internal, ErrorText("\(what) cannot be read: \(reason)"), cause: error)
}
