// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The prefix that tells what an id names.
public protocol IdentifierKind: Sendable {
    static var prefix: String { get }
}

/// `prefix_` and 12 lower-case hexadecimal digits. Only well-formed ids exist as values of this type, so none can carry
/// path characters into a file name.
public struct Identifier<Kind: IdentifierKind>: Hashable, Sendable, CustomStringConvertible {
    public let rawValue: String
    public var description: String { rawValue }

    /// A new random id.
    public init() {
        var generator = SystemRandomNumberGenerator()
        rawValue = Kind.prefix + "_" + hexadecimal(generator.next() >> 16, digits: 12)
    }

    /// The id with the 48 bits of `number`, whose upper bits are ignored.
    public init(number: UInt64) {
        rawValue = Kind.prefix + "_" + hexadecimal(number & 0xffff_ffff_ffff, digits: 12)
    }

    /// The 48 bits of the id.
    public var number: UInt64 { UInt64(rawValue.utf8.suffix(12).reduce(0) { $0 << 4 | digit($1) }) }

    /// The id that `text` spells, or nil when it is not of this kind or not well-formed.
    public init?(_ text: String) {
        let start = Kind.prefix + "_"
        guard text.utf8.count == start.utf8.count + 12, text.hasPrefix(start) else { return nil }
        let digits = text.utf8.dropFirst(start.utf8.count)
        guard digits.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }) else { return nil }
        rawValue = text
    }
}

private func digit(_ byte: UInt8) -> UInt64 { UInt64(byte < 58 ? byte - 48 : byte - 87) }

public enum SandboxKind: IdentifierKind { public static let prefix = "sbx" }
public enum SealedDiskKind: IdentifierKind { public static let prefix = "sld" }
public enum ExecutionKind: IdentifierKind { public static let prefix = "exec" }
public enum JobKind: IdentifierKind { public static let prefix = "job" }
public enum RequestKind: IdentifierKind { public static let prefix = "req" }
public enum CredentialKind: IdentifierKind { public static let prefix = "tok" }

public typealias SandboxID = Identifier<SandboxKind>
/// A disk that is only read any more.
public typealias SealedDiskID = Identifier<SealedDiskKind>
public typealias ExecutionID = Identifier<ExecutionKind>
public typealias JobID = Identifier<JobKind>
public typealias RequestID = Identifier<RequestKind>
/// One token, and never another that gets its name when it is gone.
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
