// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// The limits on one namespace's jobs.
public struct JobLimits: Hashable, Sendable {
    /// The most jobs with the status `queued`.
    public var queued: Int
    /// The limit on what the jobs and their results take.
    public var storage: StorageBound

    public init(queued: Int, storage: StorageBound = .none) {
        self.queued = queued
        self.storage = storage
    }
}
