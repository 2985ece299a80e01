// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import OutpostAPI
import OutpostCore

extension Dialect {
    /// Returns the page at `/` and its parts below `/dashboard/`. They are the same for everybody and need no credential.
    /// The page gets all its data from the API, with the token that its user enters.
    static func dashboard(_ files: DashboardFiles) -> Dialect {
        Dialect(
            prefixes: ["/", "/dashboard"], credential: { _ in nil }, refusal: Answer.error, headers: pageHeaders,
            endpoints: [
                Endpoint(method: .get, path: PathTemplate("/"), access: .open) { call in
                    try files.answer("index.html", to: call)
                },
                Endpoint(method: .get, path: PathTemplate("/dashboard/{file}"), access: .open) { call in
                    try files.answer(call.parameters["file"] ?? "", to: call)
                },
            ])
    }

    /// What the page may do. The policy allows the page's own files and the API and nothing else. No text becomes markup:
    /// `require-trusted-types-for` makes the browser refuse it, except through the page's one policy, which removes tags.
    private static let pageHeaders: Headers = [
        (
            .contentSecurityPolicy,
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
                + "frame-ancestors 'none'; base-uri 'none'; form-action 'none'; "
                + "require-trusted-types-for 'script'; trusted-types default"
        ),
        (.contentTypeOptions, "nosniff"), (.referrerPolicy, "no-referrer"), (.crossOriginOpenerPolicy, "same-origin"),
        (.crossOriginResourcePolicy, "same-origin"),
    ]
}

extension DashboardFiles {
    /// Returns a file, or 304 when the caller has it already.
    ///
    /// The file is always compressed. Without `Accept-Encoding` a client takes any coding (RFC 9110, section 12.5.3), and
    /// every browser takes gzip.
    ///
    /// - Throws: `not_found` when there is no such file.
    fileprivate func answer(_ name: String, to call: Call) throws(OutpostError) -> Answer {
        guard let file = self[name] else { throw OutpostError(.notFound, "this path does not exist") }
        let headers: Headers = [(.eTag, file.tag), (.cacheControl, "no-cache")]
        let known = HeaderList(call.incoming.head.headerFields[values: .ifNoneMatch])
        var answer = Answer(status: 304, contentType: nil, body: [])
        if !known.elements.hasTag(file.tag) {
            answer = Answer(status: 200, contentType: file.type, body: file.content)
            answer.headers = [(.contentEncoding, "gzip")]
        }
        answer.headers += headers
        return answer
    }
}

extension HTTPField.Name {
    fileprivate static let referrerPolicy = named("Referrer-Policy")
    fileprivate static let crossOriginOpenerPolicy = named("Cross-Origin-Opener-Policy")
}
