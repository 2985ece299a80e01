// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// What a job counts for among the bytes that its namespace stores.
public enum JobStorage {
    /// Its row, and what finds it.
    public static let rowBytes = 1024
    /// What is kept free for its result from the start, so that nothing has to be thrown away of a small one.
    public static let reservedResultBytes = 4096

    /// Before its end.
    public static func waiting(request: Int) -> Int { rowBytes + request + reservedResultBytes }

    /// After its end.
    ///
    /// - Parameter result: bytes of its result, wherever they are.
    public static func ended(result: Int) -> Int { rowBytes + result }
}

/// How many jobs a namespace may hand in, and how much they and their results may take.
public struct JobLimits: Hashable, Sendable {
    /// Jobs that wait.
    public var queued: Int
    public var storage: StorageBound

    public init(queued: Int, storage: StorageBound = .none) {
        self.queued = queued
        self.storage = storage
    }
}
