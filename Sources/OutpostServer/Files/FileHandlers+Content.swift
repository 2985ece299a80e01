// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import OutpostAPI
import OutpostCore
import OutpostEngine

extension Handlers {
    /// Answers with the bytes of a file, or for HEAD with the headers alone.
    func content(_ file: FileTarget, _ call: Call) async throws -> Answer {
        let conditions = FileConditions(call.incoming.head.headerFields)
        if call.incoming.head.method == .head { return try await head(file, conditions) }
        let hold = try QuotaHold(.streams, in: call.owner, of: engine.quotas)
        if conditions.isPlain {
            let download = try await engine.files.read(file)
            return answer(file, download, hold, status: 200)
        }
        for _ in 0..<Self.mostTries {
            let found = try await information(file)
            switch try verdict(conditions, found) {
            case .notModified: return Answer(notModified: found)
            case .whole:
                if let download = try await engine.files.read(file, 0..<found.size, of: found) {
                    return answer(file, download, hold, status: 200)
                }
            case .part(let range):
                if let download = try await engine.files.read(file, range, of: found) {
                    var answer = answer(file, download, hold, status: 206)
                    answer.headers.append(
                        (.contentRange, "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(found.size)"))
                    return answer
                }
            }
        }
        throw OutpostError(.unavailable, "the file changes too often to read it", retryAfter: 1)
    }

    /// A file that is another one in each of three tries changes all the time.
    private static let mostTries = 3

    private func head(_ file: FileTarget, _ conditions: FileConditions) async throws -> Answer {
        let found = try await information(file)
        // A range is only for GET (RFC 9110, section 14.2).
        if try verdict(conditions, found) == .notModified { return Answer(notModified: found) }
        var answer = Answer(status: 200, contentType: RouteSuccess.anyBytes, body: [])
        answer.headers = Self.headers(file, found)
        answer.length = found.size
        return answer
    }

    private func information(_ file: FileTarget) async throws(OutpostError) -> FileInformation {
        let found = try await engine.files.information(file)
        switch found.kind {
        case .file: return found
        case .directory: throw OutpostError(.conflict, "\(file.path) is a folder (EISDIR)")
        default: throw OutpostError(.conflict, "\(file.path) is not a regular file (EINVAL)")
        }
    }

    private func verdict(_ conditions: FileConditions, _ found: FileInformation) throws -> FileConditions.Verdict {
        do throws(OutpostError) {
            return try conditions.verdict(found)
        } catch {
            guard error.code == .rangeNotSatisfiable else { throw error }
            throw Refusal(error, headers: [(.contentRange, "bytes */\(found.size)")])
        }
    }

    private func answer(_ file: FileTarget, _ download: FileDownload, _ hold: QuotaHold, status: Int) -> Answer {
        var answer = Answer(status: status, contentType: RouteSuccess.anyBytes, body: [])
        answer.headers = Self.headers(file, download.information)
        answer.length = download.range.map { $0.upperBound - $0.lowerBound }
        answer.stream = { send in
            defer {
                download.close()
                hold.release()
            }
            while let part = try await download.next(as: FilledBuffer.self) { try await send(part) }
        }
        return answer
    }

    private static func headers(_ file: FileTarget, _ found: FileInformation) -> Headers {
        .sandboxed(named: file.path.pathComponents.last ?? "file") + [
            (.eTag, found.tag), (.acceptRanges, "bytes"), (.fileMode, "0" + String(found.mode & 0o777, radix: 8)),
        ]
    }
}

extension Answer {
    /// The answer for a reader that has this version of the file.
    fileprivate init(notModified file: FileInformation) {
        self.init(status: 304, contentType: nil, body: [])
        headers = [(.eTag, file.tag)]
    }
}

extension Headers {
    /// The headers of content from a sandbox. A browser stores it, and never runs it with the API's origin.
    ///
    /// - Parameter name: the name of the file.
    static func sandboxed(named name: String) -> Headers {
        [
            (.contentSecurityPolicy, "sandbox; default-src 'none'"), (.contentTypeOptions, "nosniff"),
            (.contentDisposition, "attachment; filename*=UTF-8''\(QueryString.percentEncoded(name))"),
            (.cacheControl, "no-cache"),
        ]
    }
}

extension HTTPField.Name {
    /// The permission bits of a file in octal.
    static let fileMode = named("Outpost-File-Mode")
    static let contentTypeOptions = named("X-Content-Type-Options")
}
