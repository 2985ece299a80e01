// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// What the server asks of the spawner. The server made the ids, numbers and names in it; the working directory of a
/// sandbox, and the arguments and variables of a program to fork, may be a client's words.
public enum SpawnerRequest: Hashable, Sendable {
    case configure(SpawnerConfiguration)
    /// Brings up a sandbox. The agent's end of its socket comes as a descriptor.
    case launch(LaunchRequest)
    /// Makes the interpreter at the other end of the descriptor, in this zygote's sandbox, the one to fork from.
    case zygote(slot: UInt32)
    /// Brings up a sandbox with a fork of a zygote's interpreter as program 1, in a run's cgroup that is made for it.
    /// The agent's end of its socket, the program's end of its channel and its three streams come as descriptors.
    case fork(zygote: UInt32, LaunchRequest, run: UInt64, RunLimits, GuestProgram)
    /// Makes the cgroup of a run in the sandbox of this slot, and has it find that these processors are online; none for all.
    case prepare(run: UInt64, slot: UInt32, RunLimits, ProcessorSet)
    /// Gives a run that exists these limits in place of those that it has.
    case limit(run: UInt64, RunLimits)
    /// Has every thread of a run go on on these processors; none for all.
    case setAffinity(run: UInt64, ProcessorSet)
    /// Stops every process of a run where it is, or lets them go on.
    case freeze(run: UInt64, isFrozen: Bool)
    /// Stops every process of a sandbox where it is, its agent too, or lets them go on.
    case pause(slot: UInt32, isPaused: Bool)
    /// Sets what all sandboxes of a tenant may use together, those that are up already too.
    case share(tenant: String, TenantShare)
    /// Asks for nothing but the answer, which shows that the spawner works.
    case ping
    /// Asks what a run has used of the processor so far, and if wanted for how long it was kept from it.
    case meter(run: UInt64, withStall: Bool)
    /// Kills every process of a run.
    case kill(run: UInt64)
    /// Reads what a run used, kills what is left of it, and removes its cgroup; answered when nothing of it is left.
    case finish(run: UInt64, slot: UInt32)
    /// Asks what a run used whose `finish` takes too long. That one gets no answer any more.
    case abandon(run: UInt64)
    /// Kills a sandbox; answered when nothing of it is left.
    case destroy(slot: UInt32)
}

/// How the spawner sets itself up; the first request.
public struct SpawnerConfiguration: Hashable, Sendable {
    /// Absolute; holds `image` and `sandboxes`.
    public var dataDirectory: String
    /// Name of this server's cgroups.
    public var cgroupBase: String
    /// First host id of slot 0; each slot has 65,536.
    public var firstID: UInt32
    public var slots: UInt32
    /// Paths of the host's configuration that its operator adds to the image, absolute.
    public var extraConfiguration: [String]

    /// How many ranges are for sandboxes of clients. The last 16 are for zygotes, whose ids must not be those of a
    /// sandbox that is made from them; where there are few ranges there are no zygotes.
    public var ordinarySlots: UInt32 { slots > 64 ? slots - 16 : slots }

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

/// A sandbox to bring up.
public struct LaunchRequest: Hashable, Sendable {
    /// Where the sandbox's files go.
    public enum Storage: Hashable, Sendable {
        /// Memory, gone with the sandbox.
        case memory(bytes: UInt64, files: UInt64)
        /// The disk image of this sandbox, `sandboxes/ID/disk.ext4` in the data directory.
        case disk(sandbox: String)
    }

    /// Its id range; no two live sandboxes share one.
    public var slot: UInt32
    /// Whose cgroup it belongs to: a namespace's name, or empty for the server's own.
    public var tenant: String
    public var storage: Storage
    /// What is below the storage.
    public var layers: RootLayers
    public var hostname: String
    /// Size of /dev/shm and, with a disk, of /tmp, in bytes.
    public var scratchBytes: UInt64
    /// Made when it does not exist, for the program's user.
    public var workingDirectory: String
    public var owner: UInt32
    /// Whether only /tmp, /dev/shm and the working directory can be written.
    public var isRootReadOnly: Bool
    /// Whether it is to hold a zygote: the ids of all other sandboxes are mapped in it too, so that its children can be
    /// sandboxes of their own.
    public var isZygote: Bool

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
    /// The spawner takes no more bytes at once.
    public static let largest = 65_536

    /// The request behind its number, which the answer will carry.
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
        case .share(let tenant, let share):
            writer.write(UInt8(11))
            writer.write(tenant)
            share.write(to: &writer)
        case .ping: writer.write(UInt8(12))
        case .meter(let run, let withStall):
            writer.write(UInt8(13))
            writer.write(run)
            writer.write(withStall)
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
        case 13: request = .meter(run: try reader.integer(), withStall: try reader.boolean())
        case 16: request = .pause(slot: try reader.integer(), isPaused: try reader.boolean())
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
