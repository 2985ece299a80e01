// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// A language, and whether this host can run it.
public struct LanguageReply: Hashable, Sendable {
    /// The name in requests.
    public var name: String
    /// Other names that requests may use.
    public var aliases: [String]
    /// The version of the installed toolchain; nil when there is none.
    public var version: String?
    /// The image from which its sandboxes start.
    public var image: String
    /// Whether this host can run it now.
    public var available: Bool
    /// What to install when the language is not available, else nil.
    public var installHint: String?

    public init(
        name: String, aliases: [String], version: String?, image: String, available: Bool, installHint: String?
    ) {
        self.name = name
        self.aliases = aliases
        self.version = version
        self.image = image
        self.available = available
        self.installHint = installHint
    }
}

extension LanguageReply: JSONBody {
    public static let schema = Schema.object(
        "A language, and whether this host can run it.",
        [
            Field("name", .string(""), required: true),
            Field("aliases", .array("Other names for it.", of: .string("")), required: true),
            Field(
                "version", .string("The version of the installed toolchain; null when there is none.").orNull,
                required: true),
            Field("image", .string("The image that its sandboxes start from."), required: true),
            Field("available", .boolean("Whether this host can run it now."), required: true),
            Field(
                "install_hint", .string("What to install when the language is not available.").orNull, required: true),
        ], isOpen: true
    ).named("Language")

    public var json: JSONValue {
        [
            "name": .string(name),
            "aliases": .strings(aliases),
            "version": .optional(version),
            "image": .string(image),
            "available": .bool(available),
            "install_hint": .optional(installHint),
        ]
    }

    public init(validated object: JSONObject) throws(OutpostError) {
        self.init(
            name: try object.required("name", \.stringValue), aliases: try object.list("aliases", \.stringValue),
            version: try object.optional("version", \.stringValue),
            image: try object.required("image", \.stringValue),
            available: try object.required("available", \.boolValue),
            installHint: try object.optional("install_hint", \.stringValue))
    }
}

/// The fields by which a list of languages can be sorted.
public enum LanguageSortField: String, SortField {
    case name

    public static let standard = LanguageSortField.name
    public static let standardOrder = ListOrder.ascending
}
