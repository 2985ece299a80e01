// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostWire

/// Moves a file to another file system: copies it in parts, and then removes the source.
struct FileMove: SilentTask {
    let number: UInt32
    private let source: String
    private let target: String
    private let file: Descriptor
    private let draft: DraftFile
    private(set) var isOver = false
    private var buffer = [UInt8](repeating: 0, count: 1 << 20)

    /// Renames the entry, or starts to copy it if the target is on another file system.
    ///
    /// - Throws: `SystemError`: EXDEV for an entry other than a file or link on another file system.
    static func begin(_ number: UInt32, from source: String, to target: String) throws(SystemError) -> WorkerBeginning {
        do throws(SystemError) {
            try renameFile(source, to: target)
            return .done(try FileInformation(target, followsLink: false))
        } catch {
            guard error.number == SystemError.otherDevice else { throw error }
            let details = try FileInformation(source, followsLink: false)
            if details.kind == .symlink {
                try copyLink(source, to: target, token: .random(in: .min ... .max))
                try removeEntry(source)
                return .done(try FileInformation(target, followsLink: false))
            }
            guard details.kind == .file else { throw error }
            return .task(try FileMove(number, source, target, details))
        }
    }

    private init(_ number: UInt32, _ source: String, _ target: String, _ details: FileInformation) throws(SystemError) {
        self.number = number
        self.source = source
        self.target = target
        file = try Descriptor.open(source, [.readOnly, .noFollow, .nonBlocking])
        draft = try DraftFile(
            target, mode: details.mode, modified: details.modified, isNew: false, token: .random(in: .min ... .max))
    }

    var canProceed: Bool { !isOver }

    mutating func proceed() -> [WorkerReply] {
        do throws(SystemError) {
            guard let count = try file.read(into: &buffer), count > 0 else {
                isOver = true
                let details = try draft.finish()
                try removeEntry(source)
                return [.done(number, details)]
            }
            try draft.append(Array(buffer[..<count]))
            return []
        } catch {
            isOver = true
            draft.abandon()
            return [.failed(number, errno: error.number, detail: target)]
        }
    }

    mutating func cancel() {
        isOver = true
        draft.abandon()
    }
}
