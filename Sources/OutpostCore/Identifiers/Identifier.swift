// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A kind of id, with the prefix of its ids.
public protocol IdentifierKind: Sendable {
    static var prefix: String { get }
}

/// An id: `prefix_` and 12 lower-case hexadecimal digits. Every value of this type is well-formed, so an id is always
/// safe as a file name.
public struct Identifier<Kind: IdentifierKind>: Hashable, Sendable, CustomStringConvertible {
    public let rawValue: String
    public var description: String { rawValue }

    /// A new random id.
    public init() {
        var generator = SystemRandomNumberGenerator()
        rawValue = Kind.prefix + "_" + hexadecimal(generator.next() >> 16, digits: 12)
    }

    /// The id with the lower 48 bits of `number`.
    public init(number: UInt64) {
        rawValue = Kind.prefix + "_" + hexadecimal(number & 0xffff_ffff_ffff, digits: 12)
    }

    /// The 48 bits of the id.
    public var number: UInt64 { UInt64(rawValue.utf8.suffix(12).reduce(0) { $0 << 4 | digit($1) }) }

    /// The id with the text `text`; nil when it is of another kind or not well-formed.
    public init?(_ text: String) {
        let start = Kind.prefix + "_"
        guard text.utf8.count == start.utf8.count + 12, text.hasPrefix(start) else { return nil }
        let digits = text.utf8.dropFirst(start.utf8.count)
        guard digits.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }) else { return nil }
        rawValue = text
    }
}

private func digit(_ byte: UInt8) -> UInt64 { UInt64(byte < 58 ? byte - 48 : byte - 87) }

/// The kind of `SandboxID`.
public enum SandboxKind: IdentifierKind { public static let prefix = "sbx" }
/// The kind of `SealedDiskID`.
public enum SealedDiskKind: IdentifierKind { public static let prefix = "sld" }
/// The kind of `SnapshotID`.
public enum SnapshotKind: IdentifierKind { public static let prefix = "snap" }
/// The kind of `ExecutionID`.
public enum ExecutionKind: IdentifierKind { public static let prefix = "exec" }
/// The kind of `ProcessID`.
public enum ProcessKind: IdentifierKind { public static let prefix = "proc" }
/// The kind of `ContextID`.
public enum ContextKind: IdentifierKind { public static let prefix = "ctx" }
/// The kind of `JobID`.
public enum JobKind: IdentifierKind { public static let prefix = "job" }
/// The kind of `RequestID`.
public enum RequestKind: IdentifierKind { public static let prefix = "req" }
/// The kind of `CredentialID`.
public enum CredentialKind: IdentifierKind { public static let prefix = "tok" }

/// The id of a sandbox.
public typealias SandboxID = Identifier<SandboxKind>
/// The id of a sealed disk, which nobody writes to any more.
public typealias SealedDiskID = Identifier<SealedDiskKind>
/// The id of a snapshot of a sandbox's files.
public typealias SnapshotID = Identifier<SnapshotKind>
/// The id of a run.
public typealias ExecutionID = Identifier<ExecutionKind>
/// The id of a process that lives with its sandbox.
public typealias ProcessID = Identifier<ProcessKind>
/// The id of a kernel, which the API calls a context.
public typealias ContextID = Identifier<ContextKind>
/// The id of a job.
public typealias JobID = Identifier<JobKind>
/// The id of a call to the API.
public typealias RequestID = Identifier<RequestKind>
/// The id of a token. A later token with the same name has another id.
public typealias CredentialID = Identifier<CredentialKind>

/// `value` in lower-case hexadecimal, padded with zeros to `digits`.
public func hexadecimal(_ value: UInt64, digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
}

/// `bytes` in lower-case hexadecimal.
public func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    bytes.reduce(into: "") { $0 += hexadecimal(UInt64($1), digits: 2) }
}
