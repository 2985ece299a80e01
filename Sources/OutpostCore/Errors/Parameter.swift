// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The neutral name of a part of a request. Each dialect of the API spells it in its own way.
public struct Parameter: Hashable, Sendable {
    /// One step from the request to its part.
    public enum Step: Hashable, Sendable {
        case name(Name)
        /// An element of a list, from 0.
        case index(Int)
        /// A name as a client or a configuration file spelled it.
        case given(String)
    }

    /// The parts of a request that the layers below the server check.
    public enum Name: String, Hashable, Sendable, CaseIterable {
        case callbackURL
        case checker
        case cpuTime
        case disk
        case fileSize
        case files
        case idempotencyKey
        case interactor
        case interleaved
        case isolation
        case jobs
        case language
        case memory
        case memoryLimit
        case onIdle
        case output
        case path
        case processes
        case processors
        case resourceLimits
        case sandbox
        case seccomp
        case security
        case snapshot
        case stack
        case tests
        case timeLimit
        case timeout
        case wallTimeLimit
        case workingDirectory
    }

    /// The path from the request to the part. Empty for the whole request.
    public let steps: [Step]

    public init(_ steps: [Step]) { self.steps = steps }

    /// A direct part of the request.
    public init(_ name: Name) { self.init([.name(name)]) }

    /// A part that is already spelled as `text`.
    public static func given(_ text: String) -> Parameter { Parameter([.given(text)]) }

    /// A part of this part.
    public static func / (parent: Parameter, name: Name) -> Parameter { Parameter(parent.steps + [.name(name)]) }

    /// The element at `index`, from 0, of this part. The part is a list.
    public subscript(index: Int) -> Parameter { Parameter(steps + [.index(index)]) }

    /// The same part of a request that is the part `parent` of a larger request.
    public func within(_ parent: Parameter) -> Parameter { Parameter(parent.steps + steps) }
}

/// The direct parts of a request that errors name most.
extension Parameter {
    public static let callbackURL = Parameter(.callbackURL)
    public static let checker = Parameter(.checker)
    public static let cpuTime = Parameter(.cpuTime)
    public static let files = Parameter(.files)
    public static let idempotencyKey = Parameter(.idempotencyKey)
    public static let interactor = Parameter(.interactor)
    public static let interleaved = Parameter(.interleaved)
    public static let jobs = Parameter(.jobs)
    public static let language = Parameter(.language)
    public static let onIdle = Parameter(.onIdle)
    public static let resourceLimits = Parameter(.resourceLimits)
    public static let sandbox = Parameter(.sandbox)
    public static let security = Parameter(.security)
    public static let snapshot = Parameter(.snapshot)
    public static let tests = Parameter(.tests)
    public static let timeout = Parameter(.timeout)
    public static let workingDirectory = Parameter(.workingDirectory)
}

/// The name for the log, in no dialect.
extension Parameter: CustomStringConvertible {
    public var description: String {
        spelled(\.rawValue)
    }

    /// The steps joined by dots, such as `files[2].path`. `name` spells each name.
    public func spelled(_ name: (Name) -> String) -> String {
        steps.reduce(into: "") { text, step in
            switch step {
            case .name(let known): text += (text.isEmpty ? "" : ".") + name(known)
            case .given(let given): text += (text.isEmpty ? "" : ".") + given
            case .index(let index): text += "[\(index)]"
            }
        }
    }
}
