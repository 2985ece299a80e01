// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// A text message on a connection with a process. Binary messages are input and output.
public enum ProcessMessage {
    /// The WebSocket subprotocol of these messages.
    public static let subprotocol = "outpost.process.v1"

    /// The first byte of a binary message with output of a process without a terminal.
    public static func prefix(of stream: LiveOutput.Stream) -> UInt8 {
        switch stream {
        case .stdout: 1
        case .stderr: 2
        }
    }

    /// A message from the client.
    public enum Request: Hashable, Sendable {
        case resize(ProcessTerminal)
        /// The name of a signal, such as `SIGINT`.
        case signal(String)
        /// The input ends.
        case end
    }
}

extension ProcessMessage.Request: JSONBody {
    public static let schema = Schema.object(
        "A message to a process: exactly one of the fields.",
        [
            Field("resize", ProcessTerminal.schema),
            Field("signal", .string("`SIGINT` and the like.", length: 1...16)),
            Field("eof", .boolean("True: the input ends.")),
        ])

    public var json: JSONValue {
        switch self {
        case .resize(let size): ["resize": size.json]
        case .signal(let name): ["signal": .string(name)]
        case .end: ["eof": true]
        }
    }

    public init(validated object: JSONObject) throws(OutpostError) {
        guard object.members.count == 1 else {
            throw .field(.invalidRequest, "message", "must have exactly one of resize, signal and eof")
        }
        if let size = try object.optional("resize", \.objectValue) {
            self = .resize(try ProcessTerminal(validated: size))
        } else if let name = try object.optional("signal", \.stringValue) {
            self = .signal(name)
        } else if try object.optional("eof", \.boolValue) == true {
            self = .end
        } else {
            throw .field(.invalidRequest, "eof", "must be true")
        }
    }
}

/// The last text message of a connection with a process: how the process ended.
public struct ProcessExitMessage: Sendable {
    public let process: SandboxProcess

    public init(_ process: SandboxProcess) { self.process = process }
}

extension ProcessExitMessage: JSONBody {
    public static let schema = Schema.object(
        "How the process ended.", [Field("exit", SandboxProcess.schema, required: true)], isOpen: true)

    public var json: JSONValue { ["exit": process.json] }

    public init(validated object: JSONObject) throws(OutpostError) {
        process = try SandboxProcess(validated: try object.required("exit", \.objectValue))
    }
}

/// The body of `POST …/signal`.
public struct ProcessSignal: Hashable, Sendable {
    /// The name of the signal, such as `SIGINT`.
    public var name: String
    /// Whether the whole process group gets the signal. Otherwise only the process itself does.
    public var group: Bool

    public init(_ name: String, group: Bool = true) {
        self.name = name
        self.group = group
    }
}

extension ProcessSignal: JSONBody {
    public static let schema = Schema.object(
        "A signal for a process.",
        [
            Field("signal", .string("`SIGINT` and the like.", length: 1...16), required: true),
            Field(
                "group",
                Schema.boolean("Whether the whole process group gets the signal. Otherwise only the process does.")
                    .defaulting(to: true)),
        ]
    ).named("ProcessSignal")

    public var json: JSONValue { ["signal": .string(name), "group": .bool(group)] }

    public init(validated object: JSONObject) throws(OutpostError) {
        name = try object.required("signal", \.stringValue)
        group = try object.optional("group", \.boolValue) ?? true
    }
}
