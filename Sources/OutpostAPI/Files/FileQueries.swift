// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// What `GET …/files/{path}` shows.
public enum FileView: Hashable, Sendable {
    /// The bytes of a file.
    case content
    /// The entries of a folder.
    case list(depth: Int)
    /// The changes in a folder.
    case watch(isRecursive: Bool)

    /// The parameters that the call takes.
    public static let parameters = [
        Field("list", QueryString.flag("List the entries of the folder.")),
        Field(
            "depth",
            Schema.integer("With `list`: how many levels of folders are listed.", 1...256).defaulting(to: 1)),
        Field("watch", QueryString.flag("Follow the changes in the folder as server-sent events.")),
        Field("recursive", QueryString.flag("With `watch`: the changes in the folders below too.")),
    ]

    /// Decodes the parameters of a URL, which are percent-decoded already.
    ///
    /// - Throws: `invalid_request` that names each wrong parameter.
    public init(query pairs: [(name: String, value: String)]) throws(OutpostError) {
        let object = try QueryString.object(
            pairs, Self.parameters,
            rules: [.atMostOne("list", "watch"), .needs("depth", "list"), .needs("recursive", "watch")])
        if try object.flag("list") {
            self = .list(depth: try object.optional("depth", \.integerValue) ?? 1)
        } else if try object.flag("watch") {
            self = .watch(isRecursive: try object.flag("recursive"))
        } else {
            self = .content
        }
    }

    /// The parameters of a URL, not percent-encoded.
    public var pairs: [(name: String, value: String)] {
        switch self {
        case .content: []
        case .list(let depth): [(name: "list", value: "true"), (name: "depth", value: String(depth))]
        case .watch(let isRecursive):
            [(name: "watch", value: "true"), (name: "recursive", value: String(isRecursive))]
        }
    }
}

/// The query of `PUT …/files/{path}`.
public struct FileWriteQuery: Hashable, Sendable {
    /// The permission bits. Nil keeps those of an existing file, and means 0644 for a new one.
    public var mode: UInt32?
    /// Whether to create missing parent folders.
    public var makesParents: Bool

    /// The parameters that the call takes.
    public static let parameters = [
        Field(
            "mode",
            .string(
                "The permissions in octal: `0755`. By default those of the existing file, else `0644`.",
                checks: [.fileMode])),
        Field("mkdir", QueryString.flag("Create missing folders above the file.")),
    ]

    /// Makes a query.
    public init(mode: UInt32? = nil, makesParents: Bool = false) {
        self.mode = mode
        self.makesParents = makesParents
    }

    /// Decodes the parameters of a URL, which are percent-decoded already.
    ///
    /// - Throws: `invalid_request` that names each wrong parameter.
    public init(query pairs: [(name: String, value: String)]) throws(OutpostError) {
        let object = try QueryString.object(pairs, Self.parameters)
        mode = try object.mode()
        makesParents = try object.flag("mkdir")
    }

    /// The parameters of a URL, not percent-encoded.
    public var pairs: [(name: String, value: String)] {
        (mode.map { [(name: "mode", value: modeText($0))] } ?? [])
            + (makesParents ? [(name: "mkdir", value: "true")] : [])
    }
}

/// The query of `DELETE …/files/{path}`.
public struct FileDeleteQuery: Hashable, Sendable {
    /// Whether to remove a folder with its content.
    public var isRecursive: Bool

    /// The parameters that the call takes.
    public static let parameters = [Field("recursive", QueryString.flag("Remove a folder with its content."))]

    /// Makes a query.
    public init(isRecursive: Bool = false) { self.isRecursive = isRecursive }

    /// Decodes the parameters of a URL, which are percent-decoded already.
    ///
    /// - Throws: `invalid_request` that names each wrong parameter.
    public init(query pairs: [(name: String, value: String)]) throws(OutpostError) {
        isRecursive = try QueryString.object(pairs, Self.parameters).flag("recursive")
    }

    /// The parameters of a URL, not percent-encoded.
    public var pairs: [(name: String, value: String)] { isRecursive ? [(name: "recursive", value: "true")] : [] }
}

/// The query of `GET` and `PUT …/archive`.
public struct ArchiveQuery: Hashable, Sendable {
    /// The folder. Absolute, or relative to the working directory.
    public var path: String
    /// For `PUT`: whether to create the folder and those above it.
    public var makesFolder: Bool

    /// The parameters that `GET` takes.
    public static let parameters = [
        Field(
            "path",
            .string(
                "The folder. Absolute, or relative to the sandbox's working directory; `.` is the working directory.",
                length: 1...Int.max, maxBytes: 4096, checks: [.noNUL]), required: true)
    ]

    /// The parameters that `PUT` takes.
    public static let writeParameters =
        parameters + [Field("mkdir", QueryString.flag("Create the folder and those above it."))]

    /// Makes a query.
    public init(path: String, makesFolder: Bool = false) {
        self.path = path
        self.makesFolder = makesFolder
    }

    /// Decodes the parameters of a URL, which are percent-decoded already.
    ///
    /// - Throws: `invalid_request` that names each wrong parameter.
    public init(query pairs: [(name: String, value: String)], writes: Bool) throws(OutpostError) {
        let object = try QueryString.object(pairs, writes ? Self.writeParameters : Self.parameters)
        path = try object.required("path", \.stringValue)
        makesFolder = try object.flag("mkdir")
    }

    /// The parameters of a URL, not percent-encoded.
    public var pairs: [(name: String, value: String)] {
        [(name: "path", value: path)] + (makesFolder ? [(name: "mkdir", value: "true")] : [])
    }
}

extension JSONObject {
    /// Returns the parameter `mode`, which satisfies its schema.
    func mode() throws(OutpostError) -> UInt32? {
        try optional("mode", \.stringValue).flatMap { UInt32($0, radix: 8) }
    }
}

/// Returns permission bits in octal, such as `0644`.
func modeText(_ mode: UInt32) -> String {
    let digits = String(mode, radix: 8)
    return String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
}
