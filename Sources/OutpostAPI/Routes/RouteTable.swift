// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Every call that this version of the API has.
public enum RouteTable {
    /// All routes, noun by noun.
    public static let all: [Route] =
        service + sandboxes + executions + jobs + languages + quotas + personalAccessTokens + apiKeys

    private static let paths = PathTable(all) { $0.path }

    /// What there is at `path`, a URL's path without its query; nil for nothing. A literal segment wins over a
    /// parameter, so `…/sandbox/execute` is never a sandbox's id.
    public static func match(_ path: String) -> PathMatch? {
        paths.match(path).map { PathMatch(template: $0.template, parameters: $0.parameters, routes: $0.entries) }
    }

    /// The route of `operation`.
    public static func route(_ operation: RouteOperation) -> Route? { all.first { $0.operation == operation } }
}

/// What there is at a path.
public struct PathMatch: Sendable {
    public let template: PathTemplate
    /// The parameters' values as they stand in the path, not percent-decoded.
    public let parameters: [String: String]
    /// One for each method, at least one.
    public let routes: [Route]

    /// The route for `method`, nil when the answer is 405.
    public func route(_ method: RequestMethod) -> Route? { routes.first { $0.method == method } }

    /// The value of the header `Allow`.
    public var allow: String { routes.map(\.method.rawValue).joined(separator: ", ") }
}
