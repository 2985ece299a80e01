// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// All calls of this version of the API.
public enum RouteTable {
    /// All routes, grouped by noun.
    public static let all: [Route] =
        health + sandboxes + sandboxLifecycle + snapshots + executions + processes + kernels + files + jobs + languages
        + quotas + personalAccessTokens + apiKeys

    private static let paths = PathTable(all) { $0.path }

    /// Returns the routes at `path`, the path of a URL without its query; nil when there are none. A literal segment
    /// wins over a parameter: `execute` in `…/sandbox/execute` is never a sandbox's id.
    public static func match(_ path: String) -> PathMatch? {
        paths.match(path).map { PathMatch(template: $0.template, parameters: $0.parameters, routes: $0.entries) }
    }

    /// Returns the route of `operation`.
    public static func route(_ operation: RouteOperation) -> Route? { all.first { $0.operation == operation } }
}

/// The routes at one path.
public struct PathMatch: Sendable {
    /// The template that the path matches.
    public let template: PathTemplate
    /// The values of the parameters, not percent-decoded.
    public let parameters: [String: String]
    /// One route for each method; at least one.
    public let routes: [Route]

    /// Returns the route for `method`; nil means that the server answers 405.
    public func route(_ method: RequestMethod) -> Route? { routes.first { $0.method == method } }

    /// The value of the header `Allow`.
    public var allow: String { routes.map(\.method.rawValue).joined(separator: ", ") }
}
