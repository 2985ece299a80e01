// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux

/// The host's ends of what connects it with a sandbox's agent.
///
/// Requests go over a socket, since only a socket carries descriptors, and nothing comes back over it. Events come over a
/// pipe, which carries bytes and nothing else: the host never gets a descriptor that somebody in a sandbox has made.
struct AgentLink {
    let requests: MessageSocket
    let events: Descriptor

    /// Makes both connections.
    ///
    /// - Returns: the host's ends, and the agent's in the order in which the spawner takes them: socket, pipe.
    static func make() throws(SystemError) -> (ours: AgentLink, theirs: [Descriptor]) {
        let (requests, agent) = try MessageSocket.pair(preservingBoundaries: false)
        // Before anybody else has the other end.
        requests.endReceiving()
        try requests.descriptor.setNonBlocking()
        let events = try Descriptor.pipe(nonBlockingRead: true)
        return (AgentLink(requests: requests, events: events.read), [agent.descriptor, events.write])
    }
}
