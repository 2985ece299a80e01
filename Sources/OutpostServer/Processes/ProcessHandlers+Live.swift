// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostEngine

extension Handlers {
    func getProcessOutput(_ call: Call) async throws(OutpostError) -> Answer {
        let query = try ExecutionEventsQuery(query: call.query)
        let (id, sandbox, namespace) = (
            try call.requireProcess(), try call.requireSandbox(), try call.requireNamespace()
        )
        let position = Int(clamping: query.after)
        guard call.wantsEvents else {
            let log = try await engine.sandboxes.log(of: id, of: sandbox, in: namespace, after: position)
            let bytes = log.stdout.count + log.stderr.count
            try await makeRoom(bytes, call) { log.json.bytes.count }
            return try await encoded(bytes: bytes, call) { log.json }
        }
        let hold = try QuotaHold(.streams, in: call.owner, of: engine.quotas)
        let reader = try await engine.sandboxes.reader(
            of: id, of: sandbox, in: namespace, after: position, holds: false)
        return .events(hold, of: call, leave: { reader.leave() }) { [work = engine.work, owner = call.owner] send in
            var characters = WholeCharacters()
            try await reader.forEach { event in
                let whole = event.whole(&characters)
                let bytes = whole.reduce(0) { $0 + $1.outputBytes }
                let text = await work.encode(bytes, for: owner) { whole.flatMap(\.text) }
                if !text.isEmpty { try await send(text) }
            }
        }
    }

    func attachProcess(_ call: Call) async throws -> Answer {
        let query = try ExecutionEventsQuery(query: call.query)
        let hold = try QuotaHold(.streams, in: call.owner, of: engine.quotas)
        let handshake = try call.processHandshake()
        let reader = try await engine.sandboxes.reader(
            of: call.requireProcess(), of: call.requireSandbox(), in: call.requireNamespace(),
            after: Int(clamping: query.after), holds: true)
        return call.webSocket(handshake, ProcessConnection(reader, hold))
    }

    func openTerminal(_ call: Call) async throws -> Answer {
        let query = try TerminalQuery(query: call.query)
        let hold = try QuotaHold(.streams, in: call.owner, of: engine.quotas)
        let handshake = try call.processHandshake()
        let reader = try await engine.sandboxes.startFollowedProcess(
            query.request, in: call.requireSandbox(), of: call.requireNamespace())
        let lease = query.isKept ? nil : ProcessLease(reader.process, in: engine.sandboxes)
        return call.webSocket(handshake, ProcessConnection(reader, hold, lease))
    }
}

extension Call {
    /// Checks the client's part of the handshake, before anything is started for it.
    ///
    /// - Throws: `Refusal` or `invalid_request`.
    fileprivate func processHandshake() throws -> WebSocketHandshake {
        let handshake = try WebSocketHandshake(incoming.head, subprotocols: [ProcessMessage.subprotocol])
        guard handshake.subprotocol != nil else {
            throw OutpostError(
                .invalidRequest, "Sec-WebSocket-Protocol must have \(ProcessMessage.subprotocol)")
        }
        return handshake
    }

    fileprivate func webSocket(_ handshake: WebSocketHandshake, _ connection: ProcessConnection) -> Answer {
        webSocket(handshake) { socket, messages in
            defer { connection.end() }
            try await connection.run(socket, messages)
        }
    }
}

extension TerminalQuery {
    /// The process to start.
    fileprivate var request: ProcessRequest {
        let shell = "command -v bash >/dev/null 2>&1 && exec bash -l; exec sh -l"
        return ProcessRequest(
            program: .command(["/bin/sh", "-c", command ?? shell]),
            environment: type.map { [EnvironmentVariable(name: "TERM", value: $0)] } ?? [], terminal: size)
    }
}

extension ProcessEvent {
    /// Returns the event with output that is cut between characters: no, one or more events.
    fileprivate func whole(_ characters: inout WholeCharacters) -> [ProcessEvent] {
        switch self {
        case .output(let part): characters.append(part).map(ProcessEvent.output)
        case .end: [characters.finish().map(ProcessEvent.output), self].compactMap(\.self)
        case .dropped, .nothing: [self]
        }
    }

    fileprivate var outputBytes: Int { if case .output(let part) = self { part.bytes.count } else { 0 } }

    fileprivate var text: [UInt8] {
        switch self {
        case .output(let part): EventText.output(part.stream, part.bytes, number: Int64(part.end))
        case .dropped(let bytes): EventText.event("dropped", ["dropped_bytes": .integer(Int64(bytes))])
        case .nothing: EventText.comment
        case .end(let process): EventText.event("end", process.json)
        }
    }
}
