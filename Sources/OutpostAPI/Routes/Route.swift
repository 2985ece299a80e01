// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// The HTTP methods of the API.
public enum RequestMethod: String, Sendable, CaseIterable {
    case get = "GET"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"
}

/// The calls of the API. The raw value is the `operationId` of the OpenAPI document.
public enum RouteOperation: String, Sendable, CaseIterable {
    case getHealth, getReadiness, getMetrics, getOpenAPI
    case createSandbox, listSandboxes, getSandbox, deleteSandbox
    case updateSandbox, pauseSandbox, resumeSandbox, getSandboxMetrics, getSandboxEvents
    case createSnapshot, listSnapshots, deleteSnapshot, forkSandbox
    case execute, exec, listExecutions, getExecution, getExecutionEvents, cancelExecution
    case writeExecutionInput
    case startProcess, listProcesses, getProcess, deleteProcess, signalProcess, resizeProcess, writeProcessInput
    case getProcessOutput, attachProcess, openTerminal
    case createContext, listContexts, getContext, deleteContext, interruptContext, restartContext
    case execInContext, completeInContext, inspectInContext
    case submitJob, submitJobs, submitSandboxJob, listJobs, getJob, getSandboxJob, getJobLogs, cancelJob
    case getCallbackSecret, replaceCallbackSecret
    case getFile, putFile, deleteFile, changeFile, getArchive, putArchive
    case listLanguages
    case getQuotas
    case createToken, listTokens, getToken, deleteToken
    case createAPIKey, listAPIKeys, getAPIKey, deleteAPIKey
}

/// The credential that a call needs.
public enum RouteAccess: Hashable, Sendable {
    /// Anyone, without a credential.
    case open
    /// Any valid credential.
    case authenticated
    /// A credential with this scope, or with `admin`.
    case scope(TokenScope)
}

/// The answer of a successful call.
public struct RouteSuccess: Sendable {
    /// The HTTP status.
    public let status: Int
    /// The media type of the body; nil when there is no body.
    public let contentType: String?
    /// The schema of a JSON body; nil for another body.
    public let schema: Schema?
    /// Whether the call answers with server-sent events instead, when the client accepts `text/event-stream`.
    public var orEvents = false
    /// The schema of a JSON body that the call answers instead, as its query asks; nil for none.
    public private(set) var orSchema: Schema?

    /// Returns the answer with a JSON body or server-sent events in its place, as the query asks.
    func orEvents(orJSON schema: Schema) -> RouteSuccess {
        var success = self
        success.orEvents = true
        success.orSchema = schema
        return success
    }

    /// The schemas of all JSON bodies.
    var schemas: [Schema] { [schema, orSchema].compactMap(\.self) }

    /// Makes an answer with a JSON body.
    static func json(_ schema: Schema, status: Int = 200, orEvents: Bool = false) -> RouteSuccess {
        RouteSuccess(status: status, contentType: "application/json", schema: schema, orEvents: orEvents)
    }

    /// The media type of server-sent events (WHATWG HTML, section 9.2).
    static let eventStream = "text/event-stream"

    /// Server-sent events.
    static let events = RouteSuccess(status: 200, contentType: eventStream, schema: nil)

    /// A body of bytes.
    static func bytes(status: Int = 200, contentType: String = Self.anyBytes) -> RouteSuccess {
        RouteSuccess(status: status, contentType: contentType, schema: nil)
    }

    /// The media type of bytes whose meaning is unknown (RFC 2046, section 4.5.1).
    public static let anyBytes = "application/octet-stream"

    /// A WebSocket connection.
    static let webSocket = RouteSuccess(status: 101, contentType: nil, schema: nil)

    /// A body in the text format of Prometheus.
    static let metrics = RouteSuccess(
        status: 200, contentType: "text/plain; version=0.0.4; charset=utf-8", schema: nil)

    /// Status 201, without a body.
    static let created = RouteSuccess(status: 201, contentType: nil, schema: nil)

    /// Status 304, without a body.
    static let notModified = RouteSuccess(status: 304, contentType: nil, schema: nil)

    /// Status 204, without a body.
    static let empty = RouteSuccess(status: 204, contentType: nil, schema: nil)
}

/// The description of one call. The server routes requests by it, and the OpenAPI document is made from it.
public struct Route: Sendable {
    /// The identity of the call.
    public let operation: RouteOperation
    /// The HTTP method.
    public let method: RequestMethod
    /// The path and its parameters.
    public let path: PathTemplate
    /// The group in the OpenAPI document: the noun of the call.
    public let tag: String
    /// One line about the effect, for the OpenAPI document.
    public let summary: String
    /// The credential that the call needs.
    public let access: RouteAccess
    /// The parameters in the query of the URL.
    public let query: [Field]
    /// The schema of the JSON body; nil when the call has no body.
    public let request: Schema?
    /// Whether the call reads a body of any bytes, piece by piece.
    public let takesBytes: Bool
    /// The answer when the call succeeds.
    public let success: RouteSuccess
    /// Other answers of a successful call.
    public private(set) var otherSuccesses: [RouteSuccess] = []
    /// Whether a signed URL can take the place of the credential.
    public private(set) var acceptsSignedLinks = false
    /// Whether the call can end a pause of the sandbox in its path first, with `?resume=true`.
    public var resumes: Bool { Self.resuming.contains(operation) }

    /// The calls that a paused sandbox refuses.
    private static let resuming: Set<RouteOperation> = [
        .exec, .cancelExecution, .writeExecutionInput, .submitSandboxJob,
        .startProcess, .deleteProcess, .signalProcess, .resizeProcess, .writeProcessInput, .attachProcess,
        .openTerminal,
        .createContext, .deleteContext, .interruptContext, .restartContext, .execInContext, .completeInContext,
        .inspectInContext,
        .getFile, .putFile, .deleteFile, .changeFile, .getArchive, .putArchive,
    ]

    init(
        _ operation: RouteOperation, _ method: RequestMethod, _ path: String, tag: String, _ summary: String,
        access: RouteAccess, query: [Field] = [], request: Schema? = nil, takesBytes: Bool = false,
        success: RouteSuccess
    ) {
        self.operation = operation
        self.method = method
        self.path = PathTemplate(path)
        self.tag = tag
        self.summary = summary
        self.access = access
        self.query = query + (Self.resuming.contains(operation) ? ResumeQuery.parameters : [])
        self.request = request
        self.takesBytes = takesBytes
        self.success = success
    }

    /// Returns the route with other answers of a successful call.
    func or(_ others: RouteSuccess...) -> Route {
        var route = self
        route.otherSuccesses = others
        return route
    }

    /// The same route, with signed URLs in place of a credential.
    var withSignedLinks: Route {
        var route = self
        route.acceptsSignedLinks = true
        return route
    }

    /// The scope that the call needs; nil for none.
    public var scope: TokenScope? {
        if case .scope(let scope) = access { scope } else { nil }
    }

    /// Whether the call accepts the header `Idempotency-Key`.
    public var acceptsIdempotencyKey: Bool { method == .post && !takesBytes }

    /// Whether the call also accepts its body as a form. Calls with a program do.
    public var acceptsForm: Bool {
        [.execute, .exec, .submitJob, .submitSandboxJob].contains(operation)
    }

    /// Whether the call accepts the header `Outpost-Timing`. Calls that run a program at once do.
    public var acceptsTiming: Bool { operation == .execute || operation == .exec }
}
