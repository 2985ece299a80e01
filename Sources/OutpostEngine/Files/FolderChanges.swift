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
        let question = question.withLock { question in
            let current = question ?? ask()
            question = current
            return current
        }
        await question.isAnswered.wait(within: Self.silence)
        guard let answer = question.answer.withLock({ $0 }) else { return .nothing }
        self.question.withLock { $0 = nil }
        return try answer.get().map { .changes($0) }
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
