// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import OutpostWire

/// The spawner's end of its socket to the server.
struct SpawnerChannel {
    struct Call {
        let id: UInt64
        let request: SpawnerRequest
        let descriptors: [Descriptor]
    }

    private let socket: MessageSocket

    init(_ socket: MessageSocket) { self.socket = socket }

    var number: Int32 { socket.descriptor.number }

    /// Takes one call; nil when the server is gone.
    func receive() throws -> Call? {
        switch try socket.receive(limit: 65_536) {
        case .end, .nothing: return nil
        case .message(let bytes, let descriptors):
            let (id, request) = try SpawnerRequest.decode(bytes)
            return Call(id: id, request: request, descriptors: descriptors)
        }
    }

    /// Takes the configuration, which comes first. What stands before it was meant for a spawner that has died.
    func receiveConfiguration() throws -> (id: UInt64, SpawnerConfiguration)? {
        while let call = try receive() {
            if case .configure(let configuration) = call.request { return (call.id, configuration) }
            try refuse(call.id, SystemError("call a spawner that died", number: SystemError.connectionReset))
        }
        return nil
    }

    func reply(_ id: UInt64, _ reply: SpawnerReply, _ descriptors: [Descriptor] = []) throws(SystemError) {
        _ = try socket.send(reply.encoded(id: id)[...], descriptors: descriptors)
    }

    func refuse(_ id: UInt64, _ error: SystemError) throws(SystemError) {
        let subject = error.path.map { " \($0)" } ?? ""
        try reply(id, .failed(operation: error.operation + subject, errno: error.number))
    }
}
