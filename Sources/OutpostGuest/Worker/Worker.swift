// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import OutpostWire

/// Works with a sandbox's files and connects to its ports for the host, as the sandbox's user and in a cgroup of its own. It
/// is a child of the agent, which never waits for a disk. It is one loop: what takes long is done in parts, turn by turn.
public struct Worker {
    private let epoll: Epoll
    private var link: WorkerLink
    private var tasks: [any WorkerTask] = []

    /// Serves the host at the other ends of the standard streams, until its input ends.
    public static func serve() throws {
        // The image, which only its start needs.
        Descriptor(owning: 3).closeNow()
        // Programs of the user whom it acts as neither stop it nor look into it: what a client runs ends with its run, and
        // is not to go on in here.
        try Privileges.stayOwners()
        try Privileges.hide()
        Privileges.surviveBrokenPipes()
        Privileges.surviveFileLimit()
        var worker = try Worker(requests: Descriptor(owning: 0), replies: Descriptor(owning: 1))
        try worker.run()
    }

    init(requests: Descriptor, replies: Descriptor) throws {
        epoll = try Epoll()
        link = try WorkerLink(requests: requests, replies: replies, epoll)
    }

    mutating func run() throws {
        try link.send(.hello(Hello(features: .workers)), epoll)
        while true {
            let isBusy = link.hasRoom && tasks.contains { $0.canGoOn }
            for event in try epoll.wait(milliseconds: isBusy ? 0 : -1) {
                guard try handle(event) else { return }
            }
            try goOn()
        }
    }

    /// Does what a descriptor is ready for; false at the end.
    private mutating func handle(_ event: Epoll.Event) throws -> Bool {
        switch event.token {
        case Token.requests:
            guard let requests = try link.receive() else { return false }
            for request in requests { try handle(request) }
        case Token.events: try link.flush(epoll)
        default:
            guard let (kind, number) = Token.kind(event.token), let index = index(number) else { return true }
            // Another event of the same wait may have used up the room.
            guard kind == .input || link.hasRoom else { return true }
            try link.send(tasks[index].ready(kind, epoll), epoll)
        }
        return true
    }

    private func index(_ number: UInt32) -> Int? { tasks.firstIndex { $0.number == number } }

    private mutating func handle(_ request: WorkerRequest) throws {
        switch request {
        // The link has taken it.
        case .hello: break
        case .begin(let number, let operation):
            guard index(number) == nil else { throw WireError("request \(number) twice") }
            try begin(number, operation)
        case .stream(let number, let message):
            // One that has ended here may be spoken of still.
            guard let index = index(number) else { return }
            try link.send(tasks[index].take(message), epoll)
        }
    }

    private mutating func begin(_ number: UInt32, _ operation: WorkerOperation) throws {
        do throws(SystemError) {
            switch try operation.begin(number) {
            case .done(let details): try link.send(.done(number, details), epoll)
            case .task(let task, let replies):
                tasks.append(task)
                try link.send(replies, epoll)
            }
        } catch {
            try link.send(WorkerReply.failed(number, errno: error.number, detail: error.path ?? error.operation), epoll)
        }
    }

    /// Does a part of whatever can go on, and has the loop wait for the rest.
    private mutating func goOn() throws {
        guard !tasks.isEmpty else { return }
        for index in tasks.indices where tasks[index].canGoOn && link.hasRoom {
            try link.send(tasks[index].goOn(), epoll)
        }
        for index in tasks.indices.reversed() where tasks[index].isOver {
            tasks[index].end(epoll)
            tasks.remove(at: index)
        }
        for index in tasks.indices { try tasks[index].listen(epoll, hasRoom: link.hasRoom) }
    }
}
