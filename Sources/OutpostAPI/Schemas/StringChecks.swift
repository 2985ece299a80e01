// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

extension StringCheck {
    /// Refuses NUL, because it would end the string early in a system call.
    static let noNUL = StringCheck("must not contain NUL", pattern: "^[^\\u0000]*$") { !$0.utf8.contains(0) }

    static let absolutePath = StringCheck("must be an absolute path", pattern: "^/") { $0.utf8.first == slash }

    static let noParentComponent = StringCheck("must not contain \"..\"", pattern: "^(?!(.*/)?\\.\\.(/|$))") {
        !components($0).contains { $0.elementsEqual("..".utf8) }
    }

    static let componentLength = StringCheck("must not have a part of more than 255 bytes") {
        components($0).allSatisfy { $0.count <= 255 }
    }

    static let namesFile = StringCheck("must end with a file's name", pattern: "(^|/)(?!\\.?$)[^/]+$") {
        guard let last = components($0).last else { return false }
        return !last.isEmpty && !last.elementsEqual(".".utf8)
    }

    static let noEqualsSign = StringCheck("must not contain \"=\"", pattern: "^[^=]*$") {
        !$0.utf8.contains(UInt8(ascii: "="))
    }

    /// Refuses control characters, because they are not safe on a terminal.
    static let printable = StringCheck(
        "must not contain control characters", pattern: "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]*$"
    ) {
        $0.unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: false
            default: true
            }
        }
    }

    /// Has no digit for set-user-ID, set-group-ID and sticky, which a sandbox does not need.
    static let fileMode = StringCheck("must be an octal mode up to 0777, such as 0644", pattern: "^0?[0-7]{3}$") {
        text in
        let isOctal = text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "7")).contains($0) }
        return isOctal && (text.utf8.count == 3 || text.utf8.count == 4 && text.utf8.first == UInt8(ascii: "0"))
    }

    static let base64 = StringCheck("must be base64", format: "byte") { Base64.decode($0) != nil }

    static let timestamp = StringCheck("must be a time in UTC in the form of RFC 3339", format: "date-time") {
        Timestamp(rfc3339: $0) != nil
    }

    static let namespaceName = StringCheck(
        "must be a namespace's name", pattern: "^[a-z0-9]([a-z0-9-]{0,37}[a-z0-9])?$"
    ) { NamespaceName($0) != nil }

    static let tokenName = StringCheck(
        "must be made of letters, digits, \".\", \"_\" and \"-\"", pattern: "^[A-Za-z0-9._-]{1,64}$"
    ) { $0.utf8.allSatisfy(isNameByte) }

    /// Returns the check for an id of this kind.
    static func identifier<Kind>(_ kind: Kind.Type) -> StringCheck where Kind: IdentifierKind {
        StringCheck("must be an id like \(Kind.prefix)_0123456789ab", pattern: "^\(Kind.prefix)_[0-9a-f]{12}$") {
            Identifier<Kind>($0) != nil
        }
    }
}

private let slash = UInt8(ascii: "/")

private func components(_ path: String) -> [Substring.UTF8View] {
    path.utf8.split(separator: slash, omittingEmptySubsequences: false)
}

private func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
        true
    default: false
    }
}
