// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// The fields by which a list of processes can be sorted.
public enum ProcessSortField: String, SortField {
    case startedAt = "started_at"

    public static let standard = ProcessSortField.startedAt
    public static let standardOrder = ListOrder.descending
}

/// The query of `GET …/processes`.
public struct ProcessListQuery: Hashable, Sendable {
    /// The page and its order.
    public var list: ListQuery<ProcessSortField>
    /// Only processes with this status; nil for all.
    public var status: ProcessStatus?

    /// The parameters that the call takes.
    public static let parameters =
        ListQuery<ProcessSortField>.parameters + [
            Field("status", .enumeration("Only processes with this status.", ProcessStatus.self))
        ]

    /// Makes a query. Without arguments it asks for the first page of all processes.
    public init(list: ListQuery<ProcessSortField> = .init(), status: ProcessStatus? = nil) {
        self.list = list
        self.status = status
    }

    /// Decodes the parameters of a URL, which are percent-decoded already.
    ///
    /// - Throws: `invalid_request` that names each wrong parameter.
    public init(query pairs: [(name: String, value: String)]) throws(OutpostError) {
        let object = try QueryString.object(pairs, Self.parameters)
        list = try ListQuery(validated: object)
        status = try object.optional("status", { $0.oneOf(ProcessStatus.self) })
    }

    /// The parameters of a URL, not percent-encoded.
    public var pairs: [(name: String, value: String)] {
        list.pairs + (status.map { [(name: "status", value: $0.rawValue)] } ?? [])
    }
}

/// The query of `GET …/terminal`.
public struct TerminalQuery: Hashable, Sendable {
    /// The size of the terminal.
    public var size: ProcessTerminal
    /// A command line for `sh -c`; nil for a login shell.
    public var command: String?
    /// The value of the variable `TERM`; nil for the server's default.
    public var type: String?
    /// Whether the process goes on when the connection ends.
    public var isKept: Bool

    /// The parameters that the call takes.
    public static let parameters = [
        Field(
            "cols",
            Schema.integer("The width in characters.", 1...65_535)
                .defaulting(to: .integer(Int64(ProcessTerminal.ordinary.columns)))),
        Field(
            "rows",
            Schema.integer("The height in characters.", 1...65_535)
                .defaulting(to: .integer(Int64(ProcessTerminal.ordinary.rows)))),
        Field(
            "command",
            .string(
                "A command line, which `sh -c` runs. Without it, a login shell.", length: 1...Int.max,
                maxBytes: 128 * 1024, checks: [.noNUL])),
        Field(
            "term",
            .string("The value of the variable `TERM`.", length: 1...64, checks: [.printable, .noNUL])),
        Field("keep", .flag("Whether the process goes on when the connection ends.")),
    ]

    /// Makes a query. By default it asks for a login shell that ends with the connection.
    public init(
        size: ProcessTerminal = .ordinary, command: String? = nil, type: String? = nil, isKept: Bool = false
    ) {
        self.size = size
        self.command = command
        self.type = type
        self.isKept = isKept
    }

    /// Decodes the parameters of a URL, which are percent-decoded already.
    ///
    /// - Throws: `invalid_request` that names each wrong parameter.
    public init(query pairs: [(name: String, value: String)]) throws(OutpostError) {
        let object = try QueryString.object(pairs, Self.parameters)
        size = ProcessTerminal(
            rows: try object.optional("rows", \.integerValue) ?? ProcessTerminal.ordinary.rows,
            columns: try object.optional("cols", \.integerValue) ?? ProcessTerminal.ordinary.columns)
        command = try object.optional("command", \.stringValue)
        type = try object.optional("term", \.stringValue)
        isKept = try object.flag("keep")
    }

    /// The parameters of a URL, not percent-encoded.
    public var pairs: [(name: String, value: String)] {
        let values = [
            ("cols", String(size.columns)), ("rows", String(size.rows)), ("command", command), ("term", type),
            ("keep", isKept ? "true" : nil),
        ]
        return values.compactMap { name, value in value.map { (name: name, value: $0) } }
    }
}
