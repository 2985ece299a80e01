// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// Where layers are put together. Each place is an overlay of its own, since overlayfs does not look through a mount in a
/// layer, and the host's `/usr` may be another file system than what is around it.
public enum RootPlace: UInt8, CaseIterable, Sendable {
    /// `/`
    case root
    /// `/usr`
    case usr
}

/// What a sandbox finds at a place and only reads.
public enum RootLayer: Hashable, Sendable {
    /// The small root around the host's `/usr`.
    case hostRoot
    /// The host's `/usr`.
    case hostUsr
    /// What a sandbox wrote at this place while the disk was its own. The disk is of the tenant that the sandbox is of.
    case sealedDisk(SealedDiskID, RootPlace)

    public var place: RootPlace {
        switch self {
        case .hostRoot: .root
        case .hostUsr: .usr
        case .sealedDisk(_, let place): place
        }
    }
}

/// The layers of a sandbox's root, the lowest first. What the sandbox writes goes to its storage, above the last one.
///
/// Only lists that can be mounted exist as values, and none has a path in it.
public struct RootLayers: Hashable, Sendable {
    /// The most sealed disks of one sandbox. Each is a descriptor in the one message that brings a child its mounts.
    public static let mostSealedDisks = 16

    /// The host's files and nothing above them.
    public static let hostImage = RootLayers(unchecked: [.hostRoot, .hostUsr])

    public let list: [RootLayer]

    private init(unchecked list: [RootLayer]) { self.list = list }

    /// - Throws: `WireError` when there is none for `/`, one is there twice, or there are too many sealed disks.
    public init(_ list: [RootLayer]) throws(WireError) {
        guard list.contains(where: { $0.place == .root }) else { throw WireError("no layer for /") }
        guard Set(list).count == list.count else { throw WireError("a layer that is there twice") }
        self.init(unchecked: list)
        let count = sealedDisks.count
        guard count <= Self.mostSealedDisks else { throw WireError("\(count) sealed disks as layers") }
    }

    /// The host's files, and above them what sandboxes with these disks wrote, the lowest first.
    ///
    /// - Throws: `WireError` when one is there twice, or there are too many.
    public init(hostImageBelow disks: [SealedDiskID]) throws(WireError) {
        let written = disks.flatMap { disk in RootPlace.allCases.map { RootLayer.sealedDisk(disk, $0) } }
        try self.init(Self.hostImage.list + written)
    }

    /// The disks that hold layers, each once.
    public var sealedDisks: Set<SealedDiskID> {
        list.reduce(into: []) { disks, layer in if case .sealedDisk(let disk, _) = layer { disks.insert(disk) } }
    }

    /// The places that have a layer, `/` first.
    public var places: [RootPlace] { RootPlace.allCases.filter { place in list.contains { $0.place == place } } }

    func write(to writer: inout ByteWriter) {
        writer.write(UInt8(list.count))
        for layer in list {
            switch layer {
            case .hostRoot: writer.write(UInt8(0))
            case .hostUsr: writer.write(UInt8(1))
            case .sealedDisk(let disk, let place):
                writer.write(UInt8(2))
                writer.write(disk.rawValue)
                writer.write(place.rawValue)
            }
        }
    }

    init(_ reader: inout ByteReader) throws(WireError) {
        var list: [RootLayer] = []
        for _ in 0..<(try reader.integer(UInt8.self)) { list.append(try RootLayer(&reader)) }
        try self.init(list)
    }
}

extension RootLayer {
    init(_ reader: inout ByteReader) throws(WireError) {
        switch try reader.integer(UInt8.self) {
        case 0: self = .hostRoot
        case 1: self = .hostUsr
        case 2:
            let (name, place) = (try reader.string(), try reader.integer(UInt8.self))
            guard let disk = SealedDiskID(name) else { throw WireError("the name of a sealed disk") }
            guard let place = RootPlace(rawValue: place) else { throw WireError("place \(place) for a layer") }
            self = .sealedDisk(disk, place)
        case let kind: throw WireError("layer of kind \(kind)")
        }
    }
}
