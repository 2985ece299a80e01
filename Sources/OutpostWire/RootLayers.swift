// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// A directory of a sandbox that is an overlay. `/` and `/usr` are separate overlays, because overlayfs does not show mounts
/// inside a layer, and the host's `/usr` can be a file system of its own.
public enum RootPlace: UInt8, CaseIterable, Sendable {
    /// `/`
    case root
    /// `/usr`
    case usr
}

/// A read-only layer of one overlay.
public enum RootLayer: Hashable, Sendable {
    /// The image's small root, which has an empty `/usr`.
    case hostRoot
    /// The host's `/usr`.
    case hostUsr
    /// The files that a sandbox wrote in this directory to a disk that is now sealed. Disk and sandbox belong to one tenant.
    case sealedDisk(SealedDiskID, RootPlace)

    /// The directory of the overlay.
    public var place: RootPlace {
        switch self {
        case .hostRoot: .root
        case .hostUsr: .usr
        case .sealedDisk(_, let place): place
        }
    }
}

/// The read-only layers of a sandbox's root, the lowest first. The sandbox's own files are above the last one.
///
/// Every value can be mounted, and no value contains a path.
public struct RootLayers: Hashable, Sendable {
    /// The most sealed disks of one sandbox. Each needs a descriptor in the one message that brings a child its mounts.
    public static let mostSealedDisks = 16

    /// Only the host image.
    public static let hostImage = RootLayers(unchecked: [.hostRoot, .hostUsr])

    /// The layers, the lowest first.
    public let list: [RootLayer]

    private init(unchecked list: [RootLayer]) { self.list = list }

    /// Checks a list of layers.
    ///
    /// - Throws: `WireError` when `/` has no layer, a layer occurs twice, or there are too many sealed disks.
    public init(_ list: [RootLayer]) throws(WireError) {
        guard list.contains(where: { $0.place == .root }) else { throw WireError("no layer for /") }
        guard Set(list).count == list.count else { throw WireError("a layer that is there twice") }
        self.init(unchecked: list)
        let count = sealedDisks.count
        guard count <= Self.mostSealedDisks else { throw WireError("\(count) sealed disks as layers") }
    }

    /// The host image with sealed disks above it, the lowest first.
    ///
    /// - Throws: `WireError` when a disk occurs twice, or there are too many.
    public init(hostImageBelow disks: [SealedDiskID]) throws(WireError) {
        let written = disks.flatMap { disk in RootPlace.allCases.map { RootLayer.sealedDisk(disk, $0) } }
        try self.init(Self.hostImage.list + written)
    }

    /// The sealed disks of the layers.
    public var sealedDisks: Set<SealedDiskID> {
        list.reduce(into: []) { disks, layer in if case .sealedDisk(let disk, _) = layer { disks.insert(disk) } }
    }

    /// The directories that have a layer, `/` first.
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
