// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import OutpostWire

/// The only process with privileges. It makes and removes sandboxes for the server, one request at a time, in one thread.
///
/// It opens no network socket and reads no file of a sandbox. A client's text in a request, such as a working directory or
/// a program's arguments, goes to the sandbox and decides nothing here.
public struct Spawner {
    /// The socket to the server. The spawner ends when the server's end closes.
    private let channel: SpawnerChannel
    private let signals: ChildSignals
    /// The sealed image of this process, which the agent is executed from too.
    private let image: Descriptor
    private let null: Descriptor
    private var host: SpawnerHost

    /// Serves the server at the other end of descriptor 3 until that end closes. Then kills all sandboxes and removes their
    /// cgroups.
    ///
    /// It sends a greeting first. From a second greeting the server knows that an earlier spawner died with its calls, and
    /// that it must send the configuration again.
    ///
    /// - Throws: `SystemError` or `WireError` when the spawner cannot continue. The process must end with another code than 0
    ///   then, so that the supervisor starts the next one.
    public static func serve() throws {
        try Privileges.dieWithParent()
        TimeSlice.shorten(forChildren: false)
        // Opened first, so that it gets number 4, which a child replaces (`SandboxLayout.agentEvents`). A child needs all
        // descriptors opened after it.
        let signals = try ChildSignals()
        let image = try Descriptor.open("/proc/self/exe", .readOnly)
        let null = try Descriptor.open("/dev/null", .readWrite)
        clearFileModeMask()
        let channel = SpawnerChannel(MessageSocket(Descriptor(owning: 3)))
        try channel.reply(SpawnerReply.greeting, .done)
        guard let (first, configuration) = try channel.receiveConfiguration() else { return }
        let host = try Self.host(configuration, for: first, channel)
        try channel.reply(first, .done)
        var spawner = Spawner(channel: channel, signals: signals, image: image, null: null, host: host)
        try spawner.run()
    }

    /// Prepares the host. The server also gets the error: at its own start it ends with it, and later it waits for the next
    /// spawner.
    private static func host(
        _ configuration: SpawnerConfiguration, for request: UInt64, _ channel: SpawnerChannel
    ) throws(SystemError) -> SpawnerHost {
        do throws(SystemError) {
            return try SpawnerHost(configuration)
        } catch {
            try channel.refuse(request, error)
            throw error
        }
    }

    private mutating func run() throws {
        while true {
            let dying = host.dyingForeigners
            let reports = host.retiring.descriptors
            let entries =
                [PollEntry(channel.number), PollEntry(signals.descriptor.number)] + dying.map { PollEntry($0.pidfd) }
                + reports.map { PollEntry($0) }
            let results = try poll(entries, milliseconds: host.patience)
            if results[1].isReadable {
                try signals.clear()
                while let (pid, _, _) = try ChildProcess.reapAny() { host.reaped(pid) }
            }
            for (sandbox, result) in zip(dying, results.dropFirst(2)) where result.isReadable {
                host.ended(sandbox.slot)
            }
            for (report, result) in zip(reports, results.dropFirst(2 + dying.count))
            where result.isReadable || result.isClosed {
                host.retirementReported(report)
            }
            host.retryRemovals()
            try answerFinished()
            if results[0].isReadable || results[0].isClosed {
                guard let arrival = try channel.receive() else { break }
                if let call = arrival.call { try handle(call) } else { try channel.refuse(arrival.id, .unreadable) }
            }
        }
        try host.shutDown()
    }

    private mutating func answerFinished() throws {
        for run in host.takeFinishedRuns() { try channel.reply(run.request, .used(run.usage)) }
        for (request, error) in host.takeFailedRetirements() { try channel.refuse(request, error) }
        for request in host.takeFinishedDestroys() { try channel.reply(request, .done) }
    }

    private mutating func handle(_ call: SpawnerChannel.Call) throws {
        let answer: (reply: SpawnerReply, descriptors: [Descriptor])?
        do throws(SystemError) {
            answer = try perform(call)
        } catch {
            return try channel.refuse(call.id, error)
        }
        if let answer { try channel.reply(call.id, answer.reply, answer.descriptors) }
        try answerFinished()
    }

    /// Performs a request. An invalid request is refused and must not end this process, which serves all tenants.
    ///
    /// - Returns: the answer; nil when it comes later.
    private mutating func perform(
        _ call: SpawnerChannel.Call
    ) throws(SystemError) -> (SpawnerReply, [Descriptor])? {
        switch call.request {
        case .configure: throw SystemError("configure the spawner twice", number: SystemError.busy)
        case .launch(let launch):
            guard call.descriptors.count == 2 else {
                throw SystemError("receive the agent's descriptors", number: SystemError.tooManyFiles)
            }
            let failures = try host.launch(
                launch, socket: call.descriptors[0], events: call.descriptors[1], null: null, image: image)
            return (.launched(process: try host.process(launch.slot)), [failures])
        case .zygote(let slot):
            host.zygotes[slot] = MessageSocket(try call.descriptor())
        case .fork(let zygote, let request, let run, let limits, let program):
            let fork = SpawnerHost.Fork(
                zygote: zygote, request: request, run: run, limits: limits, program: program)
            let descriptors = try host.fork(fork, parts: call.descriptors, null: null)
            return (.launched(process: try host.process(request.slot)), descriptors)
        case .prepare(let run, let slot, let limits, let processors):
            let (cgroupProcs, alarm) = try host.prepare(run, in: try host.group(slot), slot: slot, limits)
            try host.show(processors, of: run, slot: slot)
            host.setAgentAffinity(of: slot, to: processors)
            let reply = SpawnerReply.prepared(cgroupProcs: UInt8(cgroupProcs.count), hasAlarm: alarm != nil)
            return (reply, cgroupProcs + [alarm].compactMap(\.self))
        case .limit(let run, let limits): try host.limit(run, limits)
        case .setAffinity(let run, let processors): try host.setAffinity(of: run, to: processors)
        case .freeze(let run, let isFrozen): try host.tree.setFrozen(isFrozen, try host.name(of: run))
        case .pause(let slot, let isPaused): try host.pause(slot, isPaused)
        case .reclaim(let slot): try host.reclaim(slot)
        case .gauge(let slot): return (.gauged(try host.gauge(slot)), [])
        case .share(let tenant, let share): try host.groups.setShare(CgroupShare(share), of: tenant)
        case .ping: break
        case .meter(let run, let withStall, let withMemory):
            return (.metered(try host.meter(run, withStall: withStall, withMemory: withMemory)), [])
        case .counters(let run):
            return (.done, try host.counters(run))
        case .kill(let run): try host.kill(run)
        case .finish(let run, let slot):
            try host.finish(run, slot: slot, request: call.id)
            return nil
        case .abandon(let run): return (.used(try host.abandon(run)), [])
        case .destroy(let slot):
            try host.destroy(slot, request: call.id)
            return nil
        case .retire(let slot):
            try host.retire(slot, request: call.id)
            return nil
        }
        return (.done, [])
    }
}
