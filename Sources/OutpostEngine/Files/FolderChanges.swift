// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
import Synchronization

/// The changes in a folder since this value was made, for one reader.
public final class FolderChanges: Sendable {
    /// The next thing to tell the reader.
    public enum Part: Sendable {
        case changes([DirectoryChange])
        /// No change for 15 seconds. The reader's connection needs it to stay open.
        case nothing
    }

    /// A call of the stream in progress.
    private final class Question: Sendable {
        let isAnswered = Milestone()
        let answer = Mutex<Result<[DirectoryChange]?, OutpostError>?>(nil)
    }

    /// The absolute path of the folder.
    public let path: String
    private let stream: FileStream<[DirectoryChange]>
    /// It stays when the reader is told `nothing`, so no change is lost.
    private let question = Mutex<Question?>(nil)
    private let tasks = TaskOwner()

    static let silence = Duration.seconds(15)

    init(_ stream: FileStream<[DirectoryChange]>, at path: String) {
        self.stream = stream
        self.path = path
    }

    deinit { close() }

    /// Returns the next changes. Nil when the folder was removed. Only one task may call this at a time.
    ///
    /// - Throws: `unavailable` when the sandbox stops meanwhile.
    public func next() async throws(OutpostError) -> Part? {
        let start = ContinuousClock.now
        while ContinuousClock.now - start < Self.silence {
            let question = question.withLock { question in
                let current = question ?? ask()
                question = current
                return current
            }
            await question.isAnswered.wait(within: Self.silence)
            guard let answer = question.answer.withLock({ $0 }) else { return .nothing }
            self.question.withLock { $0 = nil }
            guard let changes = try answer.get() else { return nil }
            // Changes that the reader must not see leave an empty list.
            if !changes.isEmpty { return .changes(changes) }
        }
        return .nothing
    }

    private func ask() -> Question {
        let question = Question()
        tasks.run { [stream] in
            let answer: Result<[DirectoryChange]?, OutpostError>
            do throws(OutpostError) { answer = .success(try await stream.next()) } catch { answer = .failure(error) }
            question.answer.withLock { $0 = answer }
            question.isAnswered.reach()
        }
        return question
    }

    /// Ends the watch.
    public func close() { stream.close() }
}

extension DirectoryChange {
    /// The change without the temporary name of a file that is being written: the file is created when it is complete. Nil
    /// for a change that is only about the temporary file.
    var withoutDrafts: DirectoryChange? {
        switch self {
        case .created(let path), .modified(let path), .deleted(let path): DraftName.isDraft(path) ? nil : self
        case .moved(let source, let target) where DraftName.isDraft(source):
            DraftName.isDraft(target) ? nil : .created(target)
        case .moved, .overflow: self
        }
    }
}
