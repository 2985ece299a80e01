// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

extension Kernel {
    /// How long a question may take. The kernel may run code of the client for it.
    private static let questionTime = Duration.seconds(10)

    /// Says how code can go on.
    ///
    /// - Throws: as `ask`; `conflict` when the kernel does not answer.
    func complete(_ question: KernelQuestion) async throws(OutpostError) -> KernelCompletion {
        let reply = try await answer("complete", question)
        let count = question.code.unicodeScalars.count
        let start = min(max(0, reply.cursor_start ?? question.cursor), count)
        return KernelCompletion(
            matches: Array((reply.matches ?? []).prefix(1000)), start: start,
            end: min(max(start, reply.cursor_end ?? question.cursor), count))
    }

    /// Says what the kernel knows about a name.
    ///
    /// - Throws: as `complete`.
    func inspect(_ question: KernelQuestion) async throws(OutpostError) -> KernelInspection {
        let reply = try await answer("inspect", question)
        return KernelInspection(isFound: reply.found ?? false, data: reply.bundle)
    }

    private func answer(_ type: String, _ question: KernelQuestion) async throws(OutpostError) -> KernelReply {
        let command = KernelCommand(
            type: type, id: 0, code: question.code, cursor: question.cursor,
            detail: type == "inspect" ? question.detail : nil)
        let asked = try await ask(
            command, within: Self.questionTime, output: 2 * Self.messageBytes, longestMessage: Self.messageBytes
        ) { (news) throws(KernelViolation) in
            guard case .message(let bytes) = news else { return nil }
            return try Self.end(bytes, of: self.lastNumber)
        }
        guard let reply = asked.reply else { throw OutpostError(.conflict, "the kernel ended before it answered") }
        guard reply.status == "ok" else {
            throw OutpostError(.conflict, "the kernel could not answer: \(reply.error?.name ?? "unknown error")")
        }
        return reply
    }

    /// - Returns: the answer; nil for another message.
    private static func end(_ bytes: [UInt8], of number: Int) throws(KernelViolation) -> KernelReply? {
        guard let reply = KernelReply(bytes) else { throw KernelViolation(problem: "it sent a malformed message") }
        return reply.type == "end" && reply.id == number ? reply : nil
    }
}
