// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
import OutpostVolumes
import Synchronization

extension SandboxService {
    /// Returns what a sandbox has used since the server started, and what it uses now.
    ///
    /// - Throws: `not_found` when the namespace has no such sandbox.
    public func usage(of id: SandboxID, in namespace: NamespaceName) async throws(OutpostError) -> SandboxUsage {
        let controller = try controller(id, in: namespace)
        var (usage, countsDisk) = await controller.usage()
        if !countsDisk, let disk = await disks.usage(of: id) {
            usage.diskUsedBytes = disk.bytes
            usage.diskUsedFiles = disk.files
        }
        return usage
    }

    /// Returns the last events of a sandbox, the oldest first. The server keeps 100 of them in memory.
    ///
    /// - Throws: `not_found` when the namespace has no such sandbox.
    public func events(of id: SandboxID, in namespace: NamespaceName) throws(OutpostError) -> [SandboxEvent] {
        try controller(id, in: namespace).events.events()
    }

    /// Returns a reader of the events of a sandbox.
    ///
    /// - Parameter number: the last event that the reader has; 0 for none.
    /// - Throws: `not_found` when the namespace has no such sandbox.
    public func eventReader(
        of id: SandboxID, in namespace: NamespaceName, after number: UInt64
    ) throws(OutpostError) -> SandboxEventReader {
        SandboxEventReader(try controller(id, in: namespace).events, after: number)
    }
}

/// Follows the events of a sandbox until it is deleted.
public final class SandboxEventReader: Sendable {
    private let log: SandboxEventLog
    private let start: UInt64
    private let hasLeft = Atomic<Bool>(false)

    init(_ log: SandboxEventLog, after number: UInt64) {
        self.log = log
        start = number
    }

    /// Ends `forEach` at the next event, or after 15 seconds.
    public func leave() { hasLeft.store(true, ordering: .releasing) }

    /// Calls `tell` with each event until the sandbox is deleted or the reader has left. Nil means that nothing happened for
    /// 15 seconds.
    ///
    /// - Throws: the errors of `tell`; `CancellationError`.
    public func forEach(_ tell: (SandboxEvent?) async throws -> Void) async throws {
        var number = start
        while !hasLeft.load(ordering: .acquiring) {
            switch await log.next(after: number, within: SignOfLife.wait) {
            case .events(let events):
                for event in events { try await tell(event) }
                number = events.last?.number ?? number
            case .end: return
            case .nothing:
                try Task.checkCancellation()
                try await tell(nil)
            }
        }
    }
}
