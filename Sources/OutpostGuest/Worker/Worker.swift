// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostConfinement
import OutpostLinux
import OutpostWire

/// The worker of a sandbox. It reads and writes files and connects to ports for the host, with the rights of the sandbox's user
/// and in its own cgroup. It is a child of the agent, which itself must never wait for a disk. It is a loop of one thread, and
/// does long requests in parts, so that all requests make progress.
public struct Worker {
    private let epoll: Epoll
    private var link: WorkerLink
    private let pipes: MessageSocket?
    private var tasks: [any WorkerTask] = []

    /// Serves the host at the other ends of the standard streams. Returns when the input ends.
    ///
    /// - Throws: `SystemError` or `WireError` when the worker cannot continue. It must end then.
    ///
    /// - Parameter arguments: of the process.
    public static func serve(_ arguments: ArraySlice<String>) throws {
        // The image, which was needed only for the exec.
        Descriptor(owning: 3).closeNow()
        // Programs of the sandbox's user must not signal or trace the worker. Otherwise a client's code could continue in the
        // worker after the end of its run.
        try Privileges.stayOwners()
        try Privileges.hide()
        Privileges.surviveBrokenPipes()
        Privileges.surviveFileLimit()
        let hasPipes = arguments.first == ProgramSteps.pipesArgument
        var worker = try Worker(
            requests: Descriptor(owning: 0), replies: Descriptor(owning: 1),
            pipes: hasPipes ? MessageSocket(Descriptor(owning: 4)) : nil)
        try worker.run()
    }

    /// - Parameter pipes: brings the host's pipes; nil when the host cannot send descriptors.
    init(requests: Descriptor, replies: Descriptor, pipes: MessageSocket? = nil) throws {
        self.pipes = pipes
        epoll = try Epoll()
        link = try WorkerLink(requests: requests, replies: replies, epoll)
    }

    mutating func run() throws {
        try link.send(.hello(Hello(features: .workers)), epoll)
        while true {
            let isBusy = link.hasRoom && tasks.contains { $0.canProceed }
            for event in try epoll.wait(milliseconds: isBusy ? 0 : -1) {
                guard try handle(event) else { return }
            }
            try proceed()
        }
    }

    /// Handles an event of a descriptor.
    ///
    /// - Returns: whether the worker continues.
    private mutating func handle(_ event: Epoll.Event) throws -> Bool {
        switch event.token {
        case Token.requests:
            guard let requests = try link.receive() else { return false }
            for request in requests { try handle(request) }
        case Token.events: try link.flush(epoll)
        default:
            guard let (kind, number) = Token.kind(event.token), let index = index(number) else { return true }
            // An earlier event of the same wait can have used the room.
            guard kind == .input || link.hasRoom else { return true }
            try link.send(tasks[index].ready(kind, epoll), epoll)
        }
        return true
    }

    private func index(_ number: UInt32) -> Int? { tasks.firstIndex { $0.number == number } }

    private mutating func handle(_ request: WorkerRequest) throws {
        switch request {
        // The link has handled it.
        case .hello: break
        case .begin(let number, let operation):
            guard index(number) == nil else { throw WireError("request \(number) twice") }
            try begin(number, operation)
        case .stream(let number, let message):
            // The request may have ended here.
            guard let index = index(number) else { return }
            try link.send(tasks[index].receive(message), epoll)
        }
    }

    private mutating func begin(_ number: UInt32, _ operation: WorkerOperation) throws {
        do throws(SystemError) {
            switch try operation.begin(number, pipe: try pipe(for: operation)) {
            case .done(let details): try link.send(.done(number, details), epoll)
            case .task(let task, let replies):
                tasks.append(task)
                try link.send(replies, epoll)
            }
        } catch {
            try link.send(WorkerReply.failed(number, errno: error.number, detail: error.path ?? error.operation), epoll)
        }
    }

    /// The pipe that the host sent before this request. Nil for none.
    private func pipe(for operation: WorkerOperation) throws(SystemError) -> Descriptor? {
        guard case .read(_, _, _, _, hasPipe: true) = operation else { return nil }
        guard case .message(_, let sent)? = try pipes?.receive(limit: 1), let pipe = sent.first else {
            throw SystemError("receive the pipe", number: SystemError.invalid)
        }
        return pipe
    }

    /// Does a part of each task, removes the tasks that have ended, and makes the loop wait for the others.
    private mutating func proceed() throws {
        guard !tasks.isEmpty else { return }
        for index in tasks.indices where tasks[index].canProceed && link.hasRoom {
            try link.send(tasks[index].proceed(), epoll)
        }
        for index in tasks.indices.reversed() where tasks[index].isOver {
            tasks[index].end(epoll)
            tasks.remove(at: index)
        }
        for index in tasks.indices { try tasks[index].listen(epoll, hasRoom: link.hasRoom) }
    }
}
