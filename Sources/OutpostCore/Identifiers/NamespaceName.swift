// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The name of a namespace (a tenant): `[a-z0-9]([a-z0-9-]{0,37}[a-z0-9])?`.
public struct NamespaceName: Hashable, Sendable, CustomStringConvertible {
    public let rawValue: String
    public var description: String { rawValue }

    /// The namespace `default`.
    public static let `default` = NamespaceName(unchecked: "default")

    private init(unchecked text: String) { rawValue = text }

    /// The name `text`; nil when it is not well-formed.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, let last = bytes.last, bytes.count <= 39,
            isAlphanumeric(first), isAlphanumeric(last),
            bytes.allSatisfy({ isAlphanumeric($0) || $0 == UInt8(ascii: "-") })
        else { return nil }
        rawValue = text
    }
}

private func isAlphanumeric(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (97...122).contains(byte)
}
