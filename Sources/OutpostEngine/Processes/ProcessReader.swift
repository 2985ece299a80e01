// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
import Synchronization

/// An event of a process, for a reader that follows it.
public enum ProcessEvent: Sendable {
    /// The process wrote this.
    case output(OutputPart)
    /// The reader was too slow, or came too late: these bytes of both streams are gone.
    case dropped(Int)
    /// No other event for 15 seconds. The reader's connection needs it to stay open.
    case nothing
    /// The last event. It is indirect because a waiting reader keeps room for an event.
    indirect case end(SandboxProcess)
}

/// One reader of a process's output. The reader must call `leave` at its end.
public final class ProcessReader: Sendable {
    /// The process.
    public let process: LiveProcess
    private let reader: ProcessOutput.Reader
    /// Keeps the sandbox from expiring while the reader is there.
    private let use: SandboxHold?
    private let hasLeft = Atomic<Bool>(false)

    init(_ process: LiveProcess, _ reader: ProcessOutput.Reader, use: SandboxHold?) {
        self.process = process
        self.use = use
        self.reader = reader
    }

    deinit { leave() }

    /// Lets the process go on without this reader. A second call has no effect.
    public func leave() {
        guard !hasLeft.exchange(true, ordering: .acquiringAndReleasing) else { return }
        process.output.leave(reader)
        use?.release()
    }

    /// Calls `tell` with each event until the process has ended or the reader has left.
    ///
    /// - Parameter showsLife: whether `tell` gets `.nothing` when there is no other event for 15 seconds.
    /// - Throws: the errors of `tell`; `CancellationError`.
    public func forEach(showsLife: Bool = true, _ tell: (ProcessEvent) async throws -> Void) async throws {
        var position = reader.start
        while !hasLeft.load(ordering: .acquiring) {
            switch await process.output.next(after: position, within: showsLife ? SignOfLife.wait : nil) {
            case .part(let part, let dropped):
                if dropped > 0 { try await tell(.dropped(dropped)) }
                try await tell(.output(part))
                position = part.end
                process.output.advance(reader, to: position)
            case .end:
                await process.waitForEnd()
                return try await tell(.end(process.record))
            case .nothing:
                try Task.checkCancellation()
                try await tell(.nothing)
            }
        }
    }
}

extension SandboxService {
    /// Returns a reader of a process. When it leaves, the process goes on.
    ///
    /// - Parameters:
    ///   - position: the reader has the output up to here; 0 for none.
    ///   - holds: whether the process waits while the reader is far behind.
    /// - Throws: as `liveProcess`; the errors of `hold`.
    public nonisolated func reader(
        of id: ProcessID, of sandbox: SandboxID, in namespace: NamespaceName, after position: Int, holds: Bool
    ) async throws(OutpostError) -> ProcessReader {
        let process = try await liveProcess(id, of: sandbox, in: namespace)
        return try await reader(of: process, after: position, holds: holds)
    }

    /// Returns a reader of a process.
    ///
    /// - Parameter joined: the reader of the output, if it has joined already.
    /// - Throws: the errors of `hold`.
    nonisolated func reader(
        of process: LiveProcess, after position: Int = 0, joined: ProcessOutput.Reader? = nil, holds: Bool
    ) async throws(OutpostError) -> ProcessReader {
        let use: SandboxHold? =
            process.hasEnded ? nil : try await hold(process.sandboxID, in: process.namespace, for: .call)
        return ProcessReader(process, joined ?? process.output.join(after: position, holds: holds), use: use)
    }

    /// Returns what is kept of a process's output after a position.
    ///
    /// - Throws: as `liveProcess`.
    public nonisolated func log(
        of id: ProcessID, of sandbox: SandboxID, in namespace: NamespaceName, after position: Int
    ) async throws(OutpostError) -> ProcessLog {
        let process = try await liveProcess(id, of: sandbox, in: namespace)
        let (parts, dropped, end) = process.output.kept(after: position)
        var bytes: [LiveOutput.Stream: [UInt8]] = [:]
        for part in parts { bytes[part.stream, default: []] += part.bytes }
        return ProcessLog(
            id: id, status: process.record.status, stdout: bytes[.stdout] ?? [], stderr: bytes[.stderr] ?? [],
            dropped: dropped, end: end)
    }
}
