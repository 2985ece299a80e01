// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import NIOCore
import OutpostAPI
import OutpostCore
import OutpostEngine

extension Handlers {
    func getFile(_ call: Call) async throws -> Answer {
        let view = try FileView(query: call.query)
        let file = try call.requireFile(isFolder: view != .content)
        switch view {
        case .content: return try await content(file, call)
        case .list(let depth): return try await list(file, depth: depth, call)
        case .watch(let isRecursive): return try await watch(file, isRecursive: isRecursive, call)
        }
    }

    func putFile(_ call: Call) async throws -> Answer {
        let file = try call.requireFile()
        let query = try FileWriteQuery(query: call.query)
        let conditions = FileConditions(call.incoming.head.headerFields)
        let hold = try QuotaHold(.streams, in: call.owner, of: engine.quotas)
        defer { hold.release() }
        let upload = try await engine.files.write(
            file, mode: query.mode, makesParents: query.makesParents, isNew: conditions.wantsNoFile
        ) { (previous) throws(OutpostError) in try conditions.checkWriting(previous) }
        // After an error nothing of the new file remains.
        defer { upload.cancel() }
        try await call.incoming.forEach(limit: .max) { (part) throws(OutpostError) in
            try await upload.write(Array(part.readableBytesView))
        }
        let written = try await upload.finish()
        var answer = Answer(status: upload.previous == nil ? 201 : 204, contentType: nil, body: [])
        answer.headers = [(.eTag, written.tag)]
        return answer
    }

    func deleteFile(_ call: Call) async throws -> Answer {
        let query = try FileDeleteQuery(query: call.query)
        try await engine.files.remove(try call.requireFile(), isRecursive: query.isRecursive)
        return .empty
    }

    func changeFile(_ call: Call) async throws -> Answer {
        let file = try call.requireFile()
        switch try FileChange(query: call.query) {
        case .makeDirectory(let mode, let makesParents):
            try await engine.files.makeDirectory(file, mode: mode, makesParents: makesParents)
            return Answer(status: 201, contentType: nil, body: [])
        case .move(let target):
            try await engine.files.move(file, to: target)
            return .empty
        case .link(let method, let seconds): return try await makeLink(call, file, method, seconds: seconds)
        }
    }

    // MARK: - Folders

    private func list(_ file: FileTarget, depth: Int, _ call: Call) async throws -> Answer {
        let hold = try QuotaHold(.streams, in: call.owner, of: engine.quotas)
        let (path, entries) = try await engine.files.list(file, depth: depth)
        var answer = Answer(status: 200, contentType: "application/json", body: [])
        answer.stream = { send in
            defer {
                entries.close()
                hold.release()
            }
            var text = Array("{\"data\":[".utf8)
            var separator: [UInt8] = []
            while let part = try await entries.next() {
                for entry in part {
                    text += separator + FileEntry(entry, in: path).json.bytes
                    separator = [UInt8(ascii: ",")]
                }
                try await send(text)
                text = []
            }
            try await send(text + Array("]}".utf8))
        }
        return answer
    }

    private func watch(_ file: FileTarget, isRecursive: Bool, _ call: Call) async throws -> Answer {
        let hold = try QuotaHold(.streams, in: call.owner, of: engine.quotas)
        let changes = try await engine.files.watch(file, isRecursive: isRecursive)
        return .events(hold, of: call, leave: { changes.close() }) { [id = call.id] send in
            try await send(FolderEvent.ready(path: changes.path).text)
            do {
                while let part = try await changes.next() {
                    switch part {
                    case .nothing: try await send(EventText.comment)
                    case .changes(let list): try await send(list.flatMap { FolderEvent($0, in: changes.path).text })
                    }
                }
            } catch let error as OutpostError {
                // The sandbox has stopped, for example.
                try await send(EventText.event("error", ErrorBody(error, requestID: id.rawValue).json))
            }
        }
    }
}

extension FolderEvent {
    /// The event as text.
    var text: [UInt8] { EventText.event(name, json) }
}
