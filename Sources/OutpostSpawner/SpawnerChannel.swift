// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import OutpostWire

/// The spawner's end of its socket to the server.
struct SpawnerChannel {
    /// A request and the descriptors that came with it.
    struct Call {
        let id: UInt64
        let request: SpawnerRequest
        let descriptors: [Descriptor]

        /// The first descriptor.
        ///
        /// - Throws: `SystemError`: EMFILE without one. The kernel drops descriptors above this process's limit (unix(7)).
        func descriptor() throws(SystemError) -> Descriptor {
            guard let descriptor = descriptors.first else {
                throw SystemError("receive a descriptor", number: SystemError.tooManyFiles)
            }
            return descriptor
        }
    }

    /// A received packet.
    struct Arrival {
        /// The id of the request; 0 when it could not be read.
        let id: UInt64
        /// Nil when the packet is no valid request.
        let call: Call?
    }

    private let socket: MessageSocket

    init(_ socket: MessageSocket) { self.socket = socket }

    var number: Int32 { socket.descriptor.number }

    /// Receives one packet. Nil when the server has closed its end.
    func receive() throws(SystemError) -> Arrival? {
        do throws(SystemError) {
            switch try socket.receive(limit: SpawnerRequest.largest) {
            case .end, .nothing: return nil
            case .message(let bytes, let descriptors): return Self.arrival(bytes, descriptors)
            }
        } catch {
            // The kernel drops the rest of a too long packet. The next packet is not affected.
            guard error.number == SystemError.messageTooLong else { throw error }
            return Arrival(id: 0, call: nil)
        }
    }

    static func arrival(_ bytes: [UInt8], _ descriptors: [Descriptor]) -> Arrival {
        do throws(WireError) {
            let (id, request) = try SpawnerRequest.decode(bytes)
            return Arrival(id: id, call: Call(id: id, request: request, descriptors: descriptors))
        } catch {
            var reader = ByteReader(bytes.prefix(8))
            return Arrival(id: (try? reader.integer(UInt64.self)) ?? 0, call: nil)
        }
    }

    /// Receives the configuration. Refuses earlier requests, which were for a spawner that has died.
    func receiveConfiguration() throws -> (id: UInt64, SpawnerConfiguration)? {
        while let arrival = try receive() {
            if case .configure(let configuration) = arrival.call?.request { return (arrival.id, configuration) }
            try refuse(arrival.id, SystemError("reach a spawner that died", number: SystemError.connectionReset))
        }
        return nil
    }

    func reply(_ id: UInt64, _ reply: SpawnerReply, _ descriptors: [Descriptor] = []) throws(SystemError) {
        _ = try socket.send(reply.encoded(id: id)[...], descriptors: descriptors)
    }

    /// Answers that a call failed. Sends nothing for the id 0, because the server could not match the answer.
    func refuse(_ id: UInt64, _ error: SystemError) throws(SystemError) {
        guard id != SpawnerReply.greeting else { return }
        let subject = error.path.map { " \($0)" } ?? ""
        try reply(id, .failed(operation: error.operation + subject, errno: error.number))
    }
}

extension SystemError {
    /// The answer to a packet that is no valid request.
    static let unreadable = SystemError("read a request", number: SystemError.invalid)
}
