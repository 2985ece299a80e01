// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// A path in an archive that is inside of the folder to which the archive is unpacked.
struct ArchivePath: Hashable {
    /// The names from the folder down, without empty ones and `.`. Empty for the folder itself.
    let names: [String]

    /// - Throws: `invalid_request` with the reason for an absolute path, one with `..`, and one that is not UTF-8.
    init(_ bytes: [UInt8]) throws(OutpostError) {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw Self.refusal(bytes, "is not UTF-8") }
        guard !text.isAbsolutePath else { throw Self.refusal(bytes, "is absolute") }
        let names = text.pathComponents.filter { $0.nameBytes != Array(".".utf8) }
        guard !names.contains(where: { $0.nameBytes == Array("..".utf8) }) else {
            throw Self.refusal(bytes, "has \"..\" in it")
        }
        guard bytes.count < Self.longest else { throw Self.refusal(bytes, "is too long") }
        self.names = names
    }

    private init(names: [String]) { self.names = names }

    /// The longest path of the kernel (`PATH_MAX`).
    private static let longest = 4096

    /// The folder of the entry. Nil for the folder to which the archive is unpacked.
    var parent: ArchivePath? { names.isEmpty ? nil : ArchivePath(names: names.dropLast()) }

    /// The path below `root`.
    func below(_ root: String) -> String {
        names.isEmpty ? root : (root == "/" ? "" : root) + "/" + names.joined(separator: "/")
    }

    private static func refusal(_ path: [UInt8], _ reason: String) -> OutpostError {
        OutpostError(.invalidRequest, "the archive has the path \(shown(path)), which \(reason)")
    }

    /// Returns a path as text for an error.
    static func shown(_ path: [UInt8]) -> String {
        let most = 200
        let text = String(decoding: path.prefix(most), as: UTF8.self)
        return "\"\(text)\(path.count > most ? "…" : "")\""
    }

    /// Checks that a symbolic link at this path leads to a place inside of the folder. No folder above the path is a link.
    ///
    /// `..` is allowed only at the start of the target: after a name that is itself a link, the kernel would go up from the
    /// target of that link.
    ///
    /// - Returns: the target.
    /// - Throws: `invalid_request` that names the link.
    func checkedLink(to target: [UInt8]) throws(OutpostError) -> String {
        func refusal(_ reason: String) -> OutpostError {
            OutpostError(
                .invalidRequest,
                "the archive has the link \(Self.shown(Array(names.joined(separator: "/").utf8))), whose target "
                    + "\(Self.shown(target)) \(reason)")
        }
        guard let text = String(validating: target, as: UTF8.self) else { throw refusal("is not UTF-8") }
        guard !text.isAbsolutePath else { throw refusal("is absolute") }
        guard target.count < Self.longest else { throw refusal("is too long") }
        let steps = text.pathComponents.filter { $0.nameBytes != Array(".".utf8) }
        let ups = steps.prefix { $0.nameBytes == Array("..".utf8) }.count
        guard ups < names.count, !steps.dropFirst(ups).contains(where: { $0.nameBytes == Array("..".utf8) }) else {
            throw refusal("is outside of the folder")
        }
        return text
    }
}
