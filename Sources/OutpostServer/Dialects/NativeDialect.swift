// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import HummingbirdCore
import OutpostAPI
import OutpostCore
import OutpostEngine
public import OutpostJobs

extension Dialect {
    /// Returns the dialect of Outpost's own API, which `/openapi.json` describes.
    static func native(_ handlers: Handlers) -> Dialect {
        Dialect(
            prefixes: [""], credential: { Credential($0) }, refusal: Answer.error,
            headers: RateLimiting.unlimited + inertHeaders,
            endpoints: RouteTable.all.map { route in
                Endpoint(route) { call in
                    let call = route.resumes ? try await handlers.resumed(call, route) : call
                    return try await handlers.handle(route.operation, call)
                }
            })
    }
}

extension Dialect {
    /// The headers of an answer that a browser must not run with the origin of the server: programs wrote parts of it.
    static let inertHeaders: Headers = [
        (.contentSecurityPolicy, "sandbox; default-src 'none'"), (.contentTypeOptions, "nosniff"),
    ]
}

extension Credential {
    /// Parses the header `Authorization`: `Bearer op_pat_…`, or `API-Key <name>$<secret>`. Nil for anything else.
    init?(authorization header: String?) {
        guard let header, let space = header.firstIndex(of: " ") else { return nil }
        let value = header[header.index(after: space)...].drop { $0 == " " }
        switch header[..<space].lowercased() {
        case "bearer": self.init(token: value)
        case "api-key": self.init(apiKey: value)
        default: return nil
        }
    }
}

extension JobWords {
    /// The native dialect: the body of a callback equals the body of `GET` on the job.
    public static let native = JobWords(callbackBody: { $0.json.bytes }, message: { $0.fieldMessage })
}
