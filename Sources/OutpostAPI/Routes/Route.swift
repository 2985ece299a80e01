// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// An HTTP method that the API uses.
public enum RequestMethod: String, Sendable, CaseIterable {
    case get = "GET"
    case post = "POST"
    case put = "PUT"
    case delete = "DELETE"
}

/// Who may make a call.
public enum RouteAccess: Hashable, Sendable {
    /// Anyone, without a credential.
    case open
    /// Any valid credential.
    case authenticated
    /// A credential with this scope, or with `admin`.
    case scope(TokenScope)
}

/// The answer of a call that went well.
public struct RouteSuccess: Sendable {
    /// HTTP status.
    public let status: Int
    /// Of the body; nil when there is none.
    public let contentType: String?
    /// Of a JSON body.
    public let schema: Schema?

    /// JSON.
    static func json(_ schema: Schema, status: Int = 200) -> RouteSuccess {
        RouteSuccess(status: status, contentType: "application/json", schema: schema)
    }

    /// Text in Prometheus' exposition format.
    static let metrics = RouteSuccess(
        status: 200, contentType: "text/plain; version=0.0.4; charset=utf-8", schema: nil)

    /// 204.
    static let empty = RouteSuccess(status: 204, contentType: nil, schema: nil)
}

/// One call of the API, as data: the server registers it, and the document describes it.
public struct Route: Sendable {
    public let operation: RouteOperation
    public let method: RequestMethod
    public let path: PathTemplate
    /// The noun that it is about.
    public let tag: String
    public let summary: String
    public let access: RouteAccess
    /// Parameters of the URL's query.
    public let query: [Field]
    /// Of the JSON body; nil when the call takes none.
    public let request: Schema?
    public let success: RouteSuccess

    init(
        _ operation: RouteOperation, _ method: RequestMethod, _ path: String, tag: String, _ summary: String,
        access: RouteAccess, query: [Field] = [], request: Schema? = nil, success: RouteSuccess
    ) {
        self.operation = operation
        self.method = method
        self.path = PathTemplate(path)
        self.tag = tag
        self.summary = summary
        self.access = access
        self.query = query
        self.request = request
        self.success = success
    }

    /// The scope that the call needs, nil for none.
    public var scope: TokenScope? {
        if case .scope(let scope) = access { scope } else { nil }
    }

    /// Whether the call takes an `Idempotency-Key`.
    public var acceptsIdempotencyKey: Bool { method == .post }

    /// Whether the call takes its body as a form, too: it hands a program in.
    public var acceptsForm: Bool {
        [.execute, .exec, .submitJob, .submitSandboxJob].contains(operation)
    }

    /// Whether the call takes an `Outpost-Timing`: it runs a program.
    public var acceptsTiming: Bool { operation == .execute || operation == .exec }
}
