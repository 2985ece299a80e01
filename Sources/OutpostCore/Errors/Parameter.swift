// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Names a part of a request, whatever the client's protocol calls it. Each dialect spells it in its own way.
public struct Parameter: Hashable, Sendable {
    /// One step from the request to its part.
    public enum Step: Hashable, Sendable {
        case name(Name)
        /// An element of a list, from 0.
        case index(Int)
        /// A name that a dialect or a file of configuration has read, in its spelling there.
        case given(String)
    }

    /// What the layers below the server may find wrong in a request.
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
        case output
        case path
        case processes
        case processors
        case resourceLimits
        case sandbox
        case seccomp
        case security
        case stack
        case tests
        case timeLimit
        case timeout
        case wallTimeLimit
        case workingDirectory
    }

    /// From the request down; empty for the request as a whole.
    public let steps: [Step]

    public init(_ steps: [Step]) { self.steps = steps }

    /// A part of the request itself.
    public init(_ name: Name) { self.init([.name(name)]) }

    /// What `text` names in the spelling of whoever read it.
    public static func given(_ text: String) -> Parameter { Parameter([.given(text)]) }

    /// A part of this part.
    public static func / (parent: Parameter, name: Name) -> Parameter { Parameter(parent.steps + [.name(name)]) }

    /// An element of this part, which is a list.
    public subscript(index: Int) -> Parameter { Parameter(steps + [.index(index)]) }

    /// The same part of a request that is itself a part of a larger one.
    public func within(_ parent: Parameter) -> Parameter { Parameter(parent.steps + steps) }
}

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
    public static let resourceLimits = Parameter(.resourceLimits)
    public static let sandbox = Parameter(.sandbox)
    public static let security = Parameter(.security)
    public static let tests = Parameter(.tests)
    public static let workingDirectory = Parameter(.workingDirectory)
}

/// For the log, which belongs to no dialect.
extension Parameter: CustomStringConvertible {
    public var description: String {
        spelled(\.rawValue)
    }

    /// The steps with dots between them, `files[2].path`, each name as `name` spells it.
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
