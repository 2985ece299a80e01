// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import OutpostWire

/// The only process with privileges: it makes and removes sandboxes for the server, one request at a time, in one
/// thread. It reads nothing that a client or a sandbox wrote, and opens no network socket.
public struct Spawner {
    /// The server's end of this socket is the reason to live.
    private let channel: SpawnerChannel
    private let signals: ChildSignals
    /// What the agent is executed from: the sealed image that this process runs from too.
    private let image: Descriptor
    private let null: Descriptor
    private var host: SpawnerHost

    /// Serves the server at the other end of descriptor 3 until that end closes; then everything is killed and removed.
    ///
    /// It greets the server first: after a spawner that died, that is how the server knows that its calls are lost and that
    /// it must send the configuration again.
    ///
    /// - Throws: `SystemError` or `WireError` when it cannot go on; the server sees its socket close.
    public static func serve() throws {
        try Privileges.dieWithParent()
        // First, so that it has the lowest number that is free: a child needs all that follow, and has something else at
        // this one (`SandboxLayout.agentEvents`).
        let signals = try ChildSignals()
        let image = try Descriptor.open("/proc/self/exe", .readOnly)
        let null = try Descriptor.open("/dev/null", .readWrite)
        // The modes of what is made here are those that are asked for.
        clearFileModeMask()
        let channel = SpawnerChannel(MessageSocket(Descriptor(owning: 3)))
        try channel.reply(SpawnerReply.greeting, .done)
        guard let (first, configuration) = try channel.receiveConfiguration() else { return }
        do {
            let host = try SpawnerHost(configuration)
            try channel.reply(first, .done)
            var spawner = Spawner(channel: channel, signals: signals, image: image, null: null, host: host)
            try spawner.run()
        } catch let error as SystemError {
            try channel.refuse(first, error)
        }
    }

    private mutating func run() throws {
        while true {
            let dying = host.dyingForeigners
            let entries =
                [PollEntry(channel.number), PollEntry(signals.descriptor.number)] + dying.map { PollEntry($0.pidfd) }
            let results = try poll(entries, milliseconds: host.hasPendingRemovals ? 1 : -1)
            if results[1].isReadable {
                try signals.clear()
                while let (pid, _) = try ChildProcess.reapAny() { try host.reaped(pid) }
            }
            for (sandbox, result) in zip(dying, results.dropFirst(2)) where result.isReadable {
                try host.ended(sandbox.slot)
            }
            try host.retryRemovals()
            try answerFinished()
            if results[0].isReadable || results[0].isClosed {
                guard let call = try channel.receive() else { break }
                try handle(call)
            }
        }
        try host.shutDown()
    }

    private mutating func answerFinished() throws {
        for run in host.takeFinishedRuns() { try channel.reply(run.request, .used(run.usage)) }
        for request in host.takeFinishedDestroys() { try channel.reply(request, .done) }
    }

    private mutating func handle(_ call: SpawnerChannel.Call) throws {
        do {
            try perform(call)
        } catch let error as SystemError {
            try channel.refuse(call.id, error)
        }
    }

    private mutating func perform(_ call: SpawnerChannel.Call) throws {
        switch call.request {
        case .configure: throw WireError("configured twice")
        case .launch(let launch):
            guard call.descriptors.count == 2 else { throw WireError("launch came without the agent's ends") }
            let failures = try host.launch(
                launch, socket: call.descriptors[0], events: call.descriptors[1], null: null, image: image)
            try channel.reply(call.id, .done, [failures])
        case .template(let slot):
            guard let socket = call.descriptors.first else { throw WireError("a template came without a socket") }
            host.templates[slot] = MessageSocket(socket)
            try channel.reply(call.id, .done)
        case .fork(let template, let request, let run, let program):
            let failures = try host.fork(
                template, request, run: run, program: program, parts: call.descriptors, null: null)
            try channel.reply(call.id, .done, [failures])
        case .prepare(let run, let memory, let quota, let processes):
            let limits = CgroupLimits(
                memoryBytes: Int(memory), cpuQuotaMicroseconds: Int(quota), processes: Int(processes))
            let (entrances, alarm) = try host.prepare(run, limits)
            let reply = SpawnerReply.prepared(entrances: UInt8(entrances.count), hasAlarm: alarm != nil)
            try channel.reply(call.id, reply, entrances + [alarm].compactMap(\.self))
        case .limit(let run, let memory, let quota, let processes):
            let limits = CgroupLimits(
                memoryBytes: Int(memory), cpuQuotaMicroseconds: Int(quota), processes: Int(processes))
            try host.tree.limit(SpawnerHost.name(run), to: limits)
            try channel.reply(call.id, .done)
        case .kill(let run):
            try host.kill(run)
            try channel.reply(call.id, .done)
        case .finish(let run, let slot):
            try host.finish(run, slot: slot, request: call.id)
            try answerFinished()
        case .destroy(let slot):
            try host.destroy(slot, request: call.id)
            try answerFinished()
        }
    }
}
