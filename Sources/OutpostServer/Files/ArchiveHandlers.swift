// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import NIOCore
import OutpostAPI
import OutpostCore
import OutpostEngine

extension Handlers {
    func getArchive(_ call: Call) async throws -> Answer {
        let query = try ArchiveQuery(query: call.query, writes: false)
        let folder = try call.folder(query)
        let hold = try QuotaHold(.streams, in: call.owner, of: engine.quotas)
        let archive = try await engine.files.archive(folder)
        var answer = Answer(status: 200, contentType: "application/x-tar", body: [])
        answer.headers = .sandboxed(named: (query.path.pathComponents.last ?? "root") + ".tar")
        answer.stream = { send in
            defer {
                archive.close()
                hold.release()
            }
            while let part = try await archive.next() { try await send(part) }
        }
        return answer
    }

    func putArchive(_ call: Call) async throws -> Answer {
        let query = try ArchiveQuery(query: call.query, writes: true)
        let folder = try call.folder(query)
        let hold = try QuotaHold(.streams, in: call.owner, of: engine.quotas)
        defer { hold.release() }
        let unpacking = try await engine.files.unpack(folder, makesFolder: query.makesFolder)
        do throws(OutpostError) {
            try await call.incoming.forEach(limit: .max) { (part) throws(OutpostError) in
                try await unpacking.write(Array(part.readableBytesView))
            }
            let summary = try await unpacking.finish()
            return .json(UnpackedArchive(entries: summary.entries, bytes: summary.bytes).json)
        } catch {
            await unpacking.cancel()
            throw error
        }
    }
}

extension Call {
    fileprivate func folder(_ query: ArchiveQuery) throws(OutpostError) -> FileTarget {
        FileTarget(query.path, of: try requireSandbox(), in: try requireNamespace())
    }
}
