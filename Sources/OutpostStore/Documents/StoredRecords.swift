// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

extension Execution {
    /// What a store keeps of the execution: a document that has its version in it.
    ///
    /// - Throws: `internal` when it cannot be written as one.
    public func stored() throws(OutpostError) -> [UInt8] {
        do {
            return try ExecutionDocument.bytes(of: self)
        } catch {
            throw OutpostError(.internal, "the result cannot be written down", cause: error)
        }
    }

    /// The execution that was kept as `bytes`, by this version or an earlier one.
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
    /// What a store keeps of the request: a document that has its version in it.
    ///
    /// - Throws: `internal` when it cannot be written as one.
    public func stored() throws(OutpostError) -> [UInt8] {
        do {
            return try JobDocument.bytes(of: self)
        } catch {
            throw OutpostError(.internal, "the job cannot be written down", cause: error)
        }
    }

    /// The request that was kept as `bytes`, by this version or an earlier one.
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

/// The client is told no more than a version or a name that is not known.
private func unreadable(_ what: String, _ error: any Error) -> OutpostError {
    guard let reason = (error as? UnreadableDocument)?.reason else {
        return OutpostError(.internal, ErrorText("\(what) cannot be read any more"), cause: error)
    }
    return OutpostError(.internal, ErrorText("\(what) cannot be read: \(reason)"), cause: error)
}
