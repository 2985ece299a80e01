// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A part of the time that a run takes in the engine.
public enum RunStep: String, Sendable, CaseIterable {
    /// Waits for admission and for the sandbox's earlier runs.
    case queue
    /// Gets a sandbox that is up: out of the pool, forked or started from nothing.
    case spawn
    /// The compiler.
    case compile
    /// The program, until all that it left behind is dead.
    case run
    /// From then until the answer can be written.
    case finish
    /// The sandbox of one run, or a deleted one, gives back what it held. No answer waits for it.
    case teardown
}
