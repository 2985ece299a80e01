// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import OutpostAPI
import OutpostCore
import OutpostEngine

/// A signed URL of a file, as a request brings it.
struct SignedLink: Sendable {
    let claim: FileLinkClaim
    let signature: String
    /// The parameters that do not belong to the signature. A URL allows none of its own.
    let otherParameters: [(name: String, value: String)]

    private static let expires = "expires"
    private static let key = "key"
    private static let signature = "signature"

    /// Finds the link of a call. Nil when the call has none, or does not take one.
    ///
    /// - Throws: `unauthorized` for a malformed link; the errors of the path.
    init?(_ call: Call) throws(OutpostError) {
        func value(_ name: String) -> String? { call.query.first { $0.name == name }?.value }
        guard call.endpoint.acceptsSignedLinks, let signature = value(Self.signature) else { return nil }
        guard let expires = value(Self.expires).flatMap({ Int64($0) }),
            let key = value(Self.key).flatMap({ CredentialID($0) }),
            let namespace = NamespaceName(call.parameters["namespace"] ?? ""), call.query.count == 3
        else { throw OutpostError(.unauthorized, "the signed URL is malformed") }
        let file = FileTarget(
            try FilePath.decode(call.parameters["path"] ?? ""), of: try call.requireSandbox(), in: namespace)
        claim = FileLinkClaim(
            file, writes: call.endpoint.method == .put, credential: key, expiresAt: Timestamp(milliseconds: expires))
        self.signature = signature
        otherParameters = []
    }

    /// Returns the URL of a claim.
    ///
    /// - Parameter origin: the scheme and the authority of the server, as the caller knows it.
    static func url(_ claim: FileLinkClaim, signature: String, origin: String) -> String {
        // A slash is encoded too. Otherwise a client could resolve `..` in the path or join two slashes.
        let path =
            "/auth/v1/seed/\(claim.file.namespace)/sandbox/\(claim.file.sandbox)/files/"
            + QueryString.percentEncoded(claim.file.path)
        return "\(origin)\(path)?\(expires)=\(claim.expiresAt.milliseconds)&\(key)=\(claim.credential)"
            + "&\(self.signature)=\(signature)"
    }
}

extension Handlers {
    /// Answers with a signed URL for a file. The file need not exist yet.
    func makeLink(
        _ call: Call, _ file: FileTarget, _ method: FileLink.Method, seconds: Int
    ) async throws(OutpostError) -> Answer {
        guard let principal = call.principal else { throw OutpostError(.unauthorized, "a valid token is required") }
        // An unknown sandbox, or one without files, is refused now, and not only when the URL is used.
        try await engine.sandboxes.checkFiles(of: file.sandbox, in: file.namespace)
        let claim = FileLinkClaim(
            file, writes: method == .put, credential: principal.id,
            expiresAt: engine.clock().advanced(bySeconds: Int64(seconds)))
        let head = call.incoming.head
        let origin = "\(head.scheme ?? "http")://\(head.authority ?? "localhost")"
        let url = SignedLink.url(claim, signature: engine.fileLinks.signature(claim), origin: origin)
        return .json(FileLink(url: url, method: method, expiresAt: claim.expiresAt).json)
    }
}
