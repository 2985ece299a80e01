// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

extension FormBody {
    /// A field of a request, or one of its files, with raw bytes.
    public struct Part {
        /// `code`, `stdin` or `files`.
        public let name: String
        /// The path of a file in the sandbox; nil for a field. Printable ASCII without quotation marks, `\\` and `%`.
        public let path: String?
        public let content: [UInt8]

        public init(name: String, path: String? = nil, content: [UInt8]) {
            self.name = name
            self.path = path
            self.content = content
        }
    }

    /// Returns `request` as a form, with `parts` in place of fields that it lacks.
    ///
    /// - Parameter boundary: a text that occurs in no part.
    public static func encode(_ request: JSONValue, _ parts: [Part], boundary: String) -> [UInt8] {
        let all = [Part(name: "request", content: request.bytes)] + parts
        var bytes: [UInt8] = []
        bytes.reserveCapacity(all.reduce(64) { $0 + $1.content.count + 256 + ($1.path?.utf8.count ?? 0) })
        for part in all {
            let file = part.path.map { "; filename=\"\($0)\"" } ?? ""
            bytes += "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(part.name)\"\(file)\r\n\r\n".utf8
            bytes += part.content
            bytes += "\r\n".utf8
        }
        bytes += "--\(boundary)--\r\n".utf8
        return bytes
    }
}
