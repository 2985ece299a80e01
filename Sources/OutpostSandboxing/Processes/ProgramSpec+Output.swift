// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

extension ProgramSpec {
    /// What keeps one stream of the program.
    public var outputRecord: OutputRecord { OutputRecord(limit: limits.maxOutputBytes, keep: outputKeep) }
}
