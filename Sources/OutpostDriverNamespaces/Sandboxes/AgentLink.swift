// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux

/// The host's ends of the two connections to the agent of a sandbox.
///
/// Requests use a socket, because only a socket can carry descriptors. Nothing comes back over it. Events use a pipe,
/// which carries only bytes. The host therefore never receives a descriptor from a sandbox.
struct AgentLink {
    let requests: MessageSocket
    let events: Descriptor

    /// Creates both connections.
    ///
    /// - Returns: the host's ends, and the agent's ends in the order that the spawner expects: socket, pipe.
    static func make() throws(SystemError) -> (ours: AgentLink, theirs: [Descriptor]) {
        let (requests, agent) = try MessageSocket.pair(preservingBoundaries: false)
        // This happens before the agent has its end.
        requests.endReceiving()
        try requests.descriptor.setNonBlocking()
        let events = try Descriptor.pipe(nonBlockingRead: true)
        return (AgentLink(requests: requests, events: events.read), [agent.descriptor, events.write])
    }
}
