// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostWire

/// How the root of a sandbox is put together of layers.
extension SandboxLayout {
    /// A mount that the parent makes, since only the host's root can, and the child attaches.
    enum Mount: Hashable {
        case hostRoot, hostUsr, sealedDisk(SealedDiskID), devices, processors, storage
    }

    /// The mounts of a sandbox, in the order in which the child receives them: first what holds its layers, each once.
    static func mounts(_ request: LaunchRequest) -> [Mount] {
        var mounts = layerMounts(request) + [.devices, .processors]
        if case .disk = request.storage { mounts.append(.storage) }
        return mounts
    }

    private static func layerMounts(_ request: LaunchRequest) -> [Mount] {
        request.layers.list.reduce(into: []) { mounts, layer in
            if !mounts.contains(layer.mount) { mounts.append(layer.mount) }
        }
    }

    /// How the child attaches a mount of `request`.
    static func attach(
        _ mount: Mount, at target: String, _ request: LaunchRequest, isOptional: Bool = false
    ) -> ChildStep {
        .moveMount(position: position(of: mount, request), target: target, isOptional: isOptional)
    }

    private static func position(of mount: Mount, _ request: LaunchRequest) -> Int {
        mounts(request).prefix { $0 != mount }.count
    }

    /// Where what holds a layer is attached until the root is left.
    private static func point(of mount: Mount, _ request: LaunchRequest) -> String {
        switch mount {
        case .hostRoot: "\(stage)/lower"
        case .hostUsr: "\(stage)/lower-usr"
        default: "\(stage)/layer-\(position(of: mount, request))"
        }
    }

    /// The directories that must be in the storage before the overlays are made.
    static func directories(_ request: LaunchRequest) -> [String] {
        request.layers.places.flatMap { ["\(stage)/\($0.upper)", "\(stage)/\($0.work)"] }
            + layerMounts(request).map { point(of: $0, request) } + [root]
    }

    /// Attaches what holds the layers, and makes one overlay of all that are for the same place.
    static func overlays(_ request: LaunchRequest) -> [ChildStep] {
        layerMounts(request).map { attach($0, at: point(of: $0, request), request) }
            + request.layers.places.map { overlay($0, request) }
    }

    private static func overlay(_ place: RootPlace, _ request: LaunchRequest) -> ChildStep {
        // The kernel wants the uppermost first (overlayfs.rst, "Multiple lower layers").
        let layers = request.layers.list.reversed().filter { $0.place == place }
        let lower = layers.map { point(of: $0.mount, request) + $0.folder }.joined(separator: ":")
        let options =
            "lowerdir=\(lower),upperdir=\(stage)/\(place.upper),workdir=\(stage)/\(place.work),userxattr"
        return .mount(
            source: "overlay", target: root + place.path, type: "overlay", options: options, flags: MountFlags.plain)
    }
}

extension RootPlace {
    /// Below the root.
    var path: String {
        switch self {
        case .root: ""
        case .usr: "/usr"
        }
    }

    /// The directory of a sandbox's storage for what it writes at this place. Disks keep it under this name.
    var upper: String {
        switch self {
        case .root: "upper"
        case .usr: "usr-upper"
        }
    }

    /// The directory beside it that overlayfs needs.
    var work: String {
        switch self {
        case .root: "work"
        case .usr: "usr-work"
        }
    }
}

extension RootLayer {
    /// What holds it.
    var mount: SandboxLayout.Mount {
        switch self {
        case .hostRoot: .hostRoot
        case .hostUsr: .hostUsr
        case .sealedDisk(let disk, _): .sealedDisk(disk)
        }
    }

    /// Where it is in there: what was written on top is below now.
    var folder: String {
        switch self {
        case .hostRoot, .hostUsr: ""
        case .sealedDisk(_, let place): "/\(place.upper)"
        }
    }
}
