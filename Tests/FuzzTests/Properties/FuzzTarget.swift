// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// What came of an input.
enum Verdict {
    case accepted, refused
}

/// One thing that reads what others wrote. The raw values name the folders of the corpora.
enum FuzzTarget: String, CaseIterable {
    /// Frames from the agent in a hostile sandbox.
    case guestEvents = "guest-events"
    /// Frames for the agent.
    case guestRequests = "guest-requests"
    /// Frames for the worker in a sandbox, frames from it, and the items of its streams.
    case workerMessages = "worker-messages"
    /// Packets for the spawner.
    case spawnerRequests = "spawner-requests"
    /// Packets from the spawner.
    case spawnerReplies = "spawner-replies"
    /// JSON, and the bodies of requests in it.
    case bodies
    /// Paths and names that a client gives.
    case paths
    /// The targets of HTTP requests: paths and queries.
    case routes
    /// Tar archives: layers of images, and what programs leave.
    case archives

    /// Has `input` read, and checks all that is promised about it.
    ///
    /// - Throws: `BrokenPromise` when something does not hold. A trap is one too, which only the process's end tells.
    func check(_ input: [UInt8]) throws -> Verdict {
        switch self {
        case .guestEvents: try checkGuestEvents(input)
        case .guestRequests: try checkGuestRequests(input)
        case .workerMessages: try checkWorkerMessages(input)
        case .spawnerRequests: try checkSpawnerRequest(input)
        case .spawnerReplies: try checkSpawnerReply(input)
        case .bodies: try checkBodies(input)
        case .paths: try checkPaths(input)
        case .routes: try checkRoutes(input)
        case .archives: try checkArchives(input)
        }
    }
}
