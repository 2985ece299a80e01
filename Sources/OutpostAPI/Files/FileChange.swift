// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// What `POST …/files/{path}` does.
public enum FileChange: Hashable, Sendable {
    /// Creates a folder.
    case makeDirectory(mode: UInt32, makesParents: Bool)
    /// Moves the file or folder.
    case move(to: String)
    /// Makes a signed URL for the file.
    case link(FileLink.Method, seconds: Int)

    /// The parameters that the call takes.
    public static let parameters = [
        Field("mkdir", QueryString.flag("Create a folder.")),
        Field(
            "mode",
            Schema.string("With `mkdir`: the permissions of the folder in octal.", checks: [.fileMode])
                .defaulting(to: "0755")),
        Field(
            "parents",
            QueryString.flag("With `mkdir`: create missing folders above it; an existing folder is no error.")),
        Field(
            "move_to",
            .string(
                "Move the file or folder to this path. Absolute, or relative to the sandbox's working directory.",
                length: 1...Int.max, maxBytes: 4096, checks: [.noNUL])),
        Field("link", QueryString.flag("Make a signed URL for the file, which needs no token.")),
        Field(
            "method",
            Schema.enumeration("With `link`: what the URL allows.", FileLink.Method.self).defaulting(to: "GET")),
        Field(
            "expires_in_secs",
            Schema.integer("With `link`: how long the URL is valid.", 1...Int64(FileLink.longestSeconds))
                .defaulting(to: .integer(Int64(FileLink.usualSeconds)))),
    ]

    private static let rules: [FieldRule] = [
        .atMostOne("mkdir", "move_to"), .atMostOne("mkdir", "link"), .atMostOne("move_to", "link"),
        .needs("mode", "mkdir"), .needs("parents", "mkdir"), .needs("method", "link"),
        .needs("expires_in_secs", "link"),
    ]

    /// Decodes the parameters of a URL, which are percent-decoded already.
    ///
    /// - Throws: `invalid_request` that names each wrong parameter.
    public init(query pairs: [(name: String, value: String)]) throws(OutpostError) {
        let object = try QueryString.object(pairs, Self.parameters, rules: Self.rules)
        if let target = try object.optional("move_to", \.stringValue) {
            self = .move(to: target)
        } else if try object.flag("mkdir") {
            self = .makeDirectory(mode: try object.mode() ?? 0o755, makesParents: try object.flag("parents"))
        } else if try object.flag("link") {
            self = .link(
                try object.optional("method", { $0.oneOf(FileLink.Method.self) }) ?? .get,
                seconds: try object.optional("expires_in_secs", \.integerValue) ?? FileLink.usualSeconds)
        } else {
            throw .field(.invalidRequest, "mkdir", "is required, unless move_to or link is given")
        }
    }

    /// The parameters of a URL, not percent-encoded.
    public var pairs: [(name: String, value: String)] {
        switch self {
        case .makeDirectory(let mode, let makesParents):
            [
                (name: "mkdir", value: "true"), (name: "mode", value: modeText(mode)),
                (name: "parents", value: String(makesParents)),
            ]
        case .move(let target): [(name: "move_to", value: target)]
        case .link(let method, let seconds):
            [
                (name: "link", value: "true"), (name: "method", value: method.rawValue),
                (name: "expires_in_secs", value: String(seconds)),
            ]
        }
    }
}
