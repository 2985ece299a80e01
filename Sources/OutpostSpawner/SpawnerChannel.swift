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

        /// The one descriptor that comes with it.
        ///
        /// - Throws: `SystemError`, EMFILE: the kernel drops descriptors for which this process has no room (unix(7)).
        func descriptor() throws(SystemError) -> Descriptor {
            guard let descriptor = descriptors.first else {
                throw SystemError("receive a descriptor", number: SystemError.tooManyFiles)
            }
            return descriptor
        }
    }

    /// What one packet brought.
    struct Arrival {
        /// 0 when not even the number could be read.
        let id: UInt64
        /// Nil when it is no request.
        let call: Call?
    }

    private let socket: MessageSocket

    init(_ socket: MessageSocket) { self.socket = socket }

    var number: Int32 { socket.descriptor.number }

    /// Takes one packet; nil when the server is gone.
    func receive() throws(SystemError) -> Arrival? {
        do throws(SystemError) {
            switch try socket.receive(limit: SpawnerRequest.largest) {
            case .end, .nothing: return nil
            case .message(let bytes, let descriptors): return Self.arrival(bytes, descriptors)
            }
        } catch {
            // The rest of a packet that is too long is gone; the next one is whole.
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

    /// Takes the configuration, which comes first. What stands before it was meant for a spawner that has died.
    func receiveConfiguration() throws -> (id: UInt64, SpawnerConfiguration)? {
        while let arrival = try receive() {
            if case .configure(let configuration) = arrival.call?.request { return (arrival.id, configuration) }
            try refuse(arrival.id, SystemError("call a spawner that died", number: SystemError.connectionReset))
        }
        return nil
    }

    func reply(_ id: UInt64, _ reply: SpawnerReply, _ descriptors: [Descriptor] = []) throws(SystemError) {
        _ = try socket.send(reply.encoded(id: id)[...], descriptors: descriptors)
    }

    /// Answers that a call failed; one whose number is not known can have no answer.
    func refuse(_ id: UInt64, _ error: SystemError) throws(SystemError) {
        guard id != SpawnerReply.greeting else { return }
        let subject = error.path.map { " \($0)" } ?? ""
        try reply(id, .failed(operation: error.operation + subject, errno: error.number))
    }
}

extension SystemError {
    /// The answer to a packet that is no request.
    static let unreadable = SystemError("read a request", number: SystemError.invalid)
}
