// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// A request of the server to the spawner. The server makes the ids, numbers and names in it. Text of a client can be in the
/// working directory of a sandbox, and in the arguments and variables of a forked program.
public enum SpawnerRequest: Hashable, Sendable {
    /// Configures the spawner. It must be the first request.
    case configure(SpawnerConfiguration)
    /// Starts a sandbox. The agent's ends of its sockets come as descriptors.
    case launch(LaunchRequest)
    /// Registers the interpreter at the other end of the descriptor as the zygote of this slot's sandbox.
    case zygote(slot: UInt32)
    /// Starts a sandbox with a fork of a zygote's interpreter as process 1 of the protocol, in a new cgroup for the run.
    /// The agent's ends of its sockets, the program's end of its channel and its three streams come as descriptors.
    case fork(zygote: UInt32, LaunchRequest, run: UInt64, RunLimits, GuestProgram)
    /// Makes the cgroup of a run in the sandbox of this slot. The run finds only these processors online; an empty set means
    /// all.
    case prepare(run: UInt64, slot: UInt32, RunLimits, ProcessorSet)
    /// Replaces the limits of a run.
    case limit(run: UInt64, RunLimits)
    /// Sets the CPU affinity of every thread of a run; an empty set means all processors.
    case setAffinity(run: UInt64, ProcessorSet)
    /// Freezes or thaws every process of a run.
    case freeze(run: UInt64, isFrozen: Bool)
    /// Freezes or thaws every process of a sandbox, also its agent.
    case pause(slot: UInt32, isPaused: Bool)
    /// Starts to take back memory of a sandbox. The answer does not wait for it.
    case reclaim(slot: UInt32)
    /// Returns what the runs of a sandbox have used and use now.
    case gauge(slot: UInt32)
    /// Sets the weight and the limits of all sandboxes of a tenant together, also of live ones.
    case share(tenant: String, TenantShare)
    /// Does nothing. The answer shows that the spawner works.
    case ping
    /// Returns the CPU time of a run so far, and on request the time in which it waited for CPU time.
    case meter(run: UInt64, withStall: Bool, withMemory: Bool)
    /// Opens the counters of a run's CPU time and memory, in the order of `CgroupCounters`. They come as descriptors.
    case counters(run: UInt64)
    /// Kills every process of a run.
    case kill(run: UInt64)
    /// Returns the usage of a run, kills its remaining processes and removes its cgroup. The answer comes when the run's
    /// processes are gone.
    case finish(run: UInt64, slot: UInt32)
    /// Returns the usage of a run whose `finish` takes too long. The `finish` then gets no answer.
    case abandon(run: UInt64)
    /// Kills a sandbox. The answer comes when its processes are gone.
    case destroy(slot: UInt32)
    /// Kills a sandbox with a disk. The answer comes when its processes are gone and everything on its disk is durable. The disk
    /// is unmounted after that: first it becomes read-only, and its image's lock a shared one. When this fails, the sandbox
    /// has ended, and `destroy` removes it.
    case retire(slot: UInt32)
}

/// The configuration of a spawner.
public struct SpawnerConfiguration: Hashable, Sendable {
    /// The absolute path of the data directory, which has `image` and `sandboxes`.
    public var dataDirectory: String
    /// The name of the base of this server's cgroups.
    public var cgroupBase: String
    /// The first uid on the host of slot 0. Each slot has 65,536 ids.
    public var firstID: UInt32
    /// The number of uid ranges.
    public var slots: UInt32
    /// Absolute paths of the host's configuration that the operator adds to the image.
    public var extraConfiguration: [String]

    /// The number of slots for clients' sandboxes. The last 16 slots are for zygotes, because a zygote and the sandboxes
    /// forked from it must not share ids. With at most 64 slots there are no zygotes.
    public var ordinarySlots: UInt32 { slots > 64 ? slots - 16 : slots }

    /// A configuration with these values.
    public init(
        dataDirectory: String, cgroupBase: String, firstID: UInt32, slots: UInt32, extraConfiguration: [String] = []
    ) {
        self.extraConfiguration = extraConfiguration
        self.dataDirectory = dataDirectory
        self.cgroupBase = cgroupBase
        self.firstID = firstID
        self.slots = slots
    }
}

/// A sandbox to start.
public struct LaunchRequest: Hashable, Sendable {
    /// Where the sandbox's own files are.
    public enum Storage: Hashable, Sendable {
        /// In memory, with these limits. The files end with the sandbox.
        case memory(bytes: UInt64, files: UInt64)
        /// On the disk of this sandbox, `sandboxes/ID/disk.ext4` in the data directory.
        case disk(sandbox: String)
    }

    /// The number of the sandbox's uid range. Live sandboxes have different slots.
    public var slot: UInt32
    /// The API namespace, or empty for the server's own sandboxes.
    public var tenant: String
    /// Where the sandbox's own files are.
    public var storage: Storage
    /// The read-only layers below the sandbox's own files.
    public var layers: RootLayers
    /// The host name in the sandbox.
    public var hostname: String
    /// The size of /dev/shm and, with a disk, of /tmp, in bytes.
    public var scratchBytes: UInt64
    /// The absolute path of the working directory. It is made if it is missing.
    public var workingDirectory: String
    /// The uid in the sandbox of the working directory's owner.
    public var owner: UInt32
    /// Whether programs can write only to /tmp, /dev/shm and the working directory.
    public var isRootReadOnly: Bool
    /// Whether the sandbox is for a zygote. It then has the ids of all other sandboxes mapped too, so that its children can
    /// become sandboxes.
    public var isZygote: Bool

    /// A sandbox with these values.
    public init(
        slot: UInt32, tenant: String, storage: Storage, layers: RootLayers = .hostImage, hostname: String,
        scratchBytes: UInt64, workingDirectory: String, owner: UInt32, isRootReadOnly: Bool = false,
        isZygote: Bool = false
    ) {
        self.slot = slot
        self.tenant = tenant
        self.storage = storage
        self.layers = layers
        self.hostname = hostname
        self.scratchBytes = scratchBytes
        self.workingDirectory = workingDirectory
        self.owner = owner
        self.isRootReadOnly = isRootReadOnly
        self.isZygote = isZygote
    }
}

extension SpawnerRequest {
    /// The most bytes of an encoded request.
    public static let largest = 65_536

    /// The bytes of the request. The answer has the same id.
    public func encoded(id: UInt64) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(id)
        switch self {
        case .configure(let configuration):
            writer.write(UInt8(1))
            writer.write(configuration.dataDirectory)
            writer.write(configuration.cgroupBase)
            writer.write(configuration.firstID)
            writer.write(configuration.slots)
            writer.write(configuration.extraConfiguration)
        case .launch(let request):
            writer.write(UInt8(2))
            request.write(to: &writer)
        case .prepare(let run, let slot, let limits, let processors):
            writer.write(UInt8(3))
            writer.write(run)
            writer.write(slot)
            limits.write(to: &writer)
            processors.write(to: &writer)
        case .limit(let run, let limits):
            writer.write(UInt8(9))
            writer.write(run)
            limits.write(to: &writer)
        case .setAffinity(let run, let processors):
            writer.write(UInt8(14))
            writer.write(run)
            processors.write(to: &writer)
        case .freeze(let run, let isFrozen):
            writer.write(UInt8(10))
            writer.write(run)
            writer.write(isFrozen)
        case .pause(let slot, let isPaused):
            writer.write(UInt8(16))
            writer.write(slot)
            writer.write(isPaused)
        case .gauge(let slot):
            writer.write(UInt8(17))
            writer.write(slot)
        case .share(let tenant, let share):
            writer.write(UInt8(11))
            writer.write(tenant)
            share.write(to: &writer)
        case .ping: writer.write(UInt8(12))
        case .meter(let run, let withStall, let withMemory):
            writer.write(UInt8(13))
            writer.write(run)
            writer.write(withStall)
            writer.write(withMemory)
        case .counters(let run):
            writer.write(UInt8(20))
            writer.write(run)
        case .kill(let run):
            writer.write(UInt8(4))
            writer.write(run)
        case .finish(let run, let slot):
            writer.write(UInt8(5))
            writer.write(run)
            writer.write(slot)
        case .abandon(let run):
            writer.write(UInt8(15))
            writer.write(run)
        case .destroy(let slot):
            writer.write(UInt8(6))
            writer.write(slot)
        case .retire(let slot):
            writer.write(UInt8(18))
            writer.write(slot)
        case .reclaim(let slot):
            writer.write(UInt8(19))
            writer.write(slot)
        case .zygote(let slot):
            writer.write(UInt8(7))
            writer.write(slot)
        case .fork(let zygote, let request, let run, let limits, let program):
            writer.write(UInt8(8))
            writer.write(zygote)
            request.write(to: &writer)
            writer.write(run)
            limits.write(to: &writer)
            writer.write(program.process)
            program.write(to: &writer)
        }
        return writer.bytes
    }

    /// Reads a request and its id.
    ///
    /// - Throws: `WireError` for bytes that are no valid request.
    public static func decode(_ bytes: [UInt8]) throws(WireError) -> (id: UInt64, request: SpawnerRequest) {
        var reader = ByteReader(bytes[...])
        let id = try reader.integer(UInt64.self)
        let request: SpawnerRequest
        switch try reader.integer(UInt8.self) {
        case 1:
            request = .configure(try SpawnerConfiguration(&reader))
        case 2: request = .launch(try LaunchRequest(&reader))
        case 3:
            request = .prepare(
                run: try reader.integer(), slot: try reader.integer(), try RunLimits(&reader),
                try ProcessorSet(&reader))
        case 4: request = .kill(run: try reader.integer())
        case 5: request = .finish(run: try reader.integer(), slot: try reader.integer())
        case 6: request = .destroy(slot: try reader.integer())
        case 7: request = .zygote(slot: try reader.integer())
        case 8:
            request = .fork(
                zygote: try reader.integer(), try LaunchRequest(&reader), run: try reader.integer(),
                try RunLimits(&reader), try GuestProgram(try reader.integer(), &reader))
        case 9: request = .limit(run: try reader.integer(), try RunLimits(&reader))
        case 10: request = .freeze(run: try reader.integer(), isFrozen: try reader.boolean())
        case 11: request = .share(tenant: try reader.string(), try TenantShare(&reader))
        case 12: request = .ping
        case 13:
            request = .meter(
                run: try reader.integer(), withStall: try reader.boolean(), withMemory: try reader.boolean())
        case 16: request = .pause(slot: try reader.integer(), isPaused: try reader.boolean())
        case 18: request = .retire(slot: try reader.integer())
        case 19: request = .reclaim(slot: try reader.integer())
        case 17: request = .gauge(slot: try reader.integer())
        case 20: request = .counters(run: try reader.integer())
        case 14: request = .setAffinity(run: try reader.integer(), try ProcessorSet(&reader))
        case 15: request = .abandon(run: try reader.integer())
        case let type: throw WireError("request of type \(type)")
        }
        try reader.finish()
        return (id, request)
    }
}

extension SpawnerConfiguration {
    init(_ reader: inout ByteReader) throws(WireError) {
        self.init(
            dataDirectory: try reader.string(), cgroupBase: try reader.string(), firstID: try reader.integer(),
            slots: try reader.integer(), extraConfiguration: try reader.strings())
    }
}

extension LaunchRequest {
    func write(to writer: inout ByteWriter) {
        writer.write(slot)
        writer.write(tenant)
        switch storage {
        case .memory(let bytes, let files):
            writer.write(UInt8(0))
            writer.write(bytes)
            writer.write(files)
        case .disk(let sandbox):
            writer.write(UInt8(1))
            writer.write(sandbox)
        }
        layers.write(to: &writer)
        writer.write(hostname)
        writer.write(scratchBytes)
        writer.write(workingDirectory)
        writer.write(owner)
        writer.write(isRootReadOnly)
        writer.write(isZygote)
    }

    init(_ reader: inout ByteReader) throws(WireError) {
        slot = try reader.integer()
        tenant = try reader.string()
        switch try reader.integer(UInt8.self) {
        case 0: storage = .memory(bytes: try reader.integer(), files: try reader.integer())
        case 1: storage = .disk(sandbox: try reader.string())
        case let kind: throw WireError("storage of kind \(kind)")
        }
        layers = try RootLayers(&reader)
        hostname = try reader.string()
        scratchBytes = try reader.integer()
        workingDirectory = try reader.string()
        owner = try reader.integer()
        isRootReadOnly = try reader.boolean()
        isZygote = try reader.boolean()
    }
}
