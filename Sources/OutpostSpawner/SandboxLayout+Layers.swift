// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostWire

/// The overlays of a sandbox's root.
extension SandboxLayout {
    /// A mount that the spawner makes, because that needs the host's root, and the child attaches.
    enum Mount: Hashable {
        case hostRoot, hostUsr, sealedDisk(SealedDiskID), devices, processors, storage
    }

    /// The mounts of a sandbox in the order in which the child receives them. The mounts with layers come first, without
    /// duplicates.
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

    /// The step with which the child attaches a mount of `request`.
    static func attach(
        _ mount: Mount, at target: String, _ request: LaunchRequest, isOptional: Bool = false
    ) -> ChildStep {
        .moveMount(position: position(of: mount, request), target: target, isOptional: isOptional)
    }

    private static func position(of mount: Mount, _ request: LaunchRequest) -> Int {
        mounts(request).prefix { $0 != mount }.count
    }

    /// Where the mount of a layer is attached while the sandbox is built.
    private static func point(of mount: Mount, _ request: LaunchRequest) -> String {
        switch mount {
        case .hostRoot: "\(stage)/lower"
        case .hostUsr: "\(stage)/lower-usr"
        default: "\(stage)/layer-\(position(of: mount, request))"
        }
    }

    /// The directories that the storage must have before the overlays are mounted.
    static func directories(_ request: LaunchRequest) -> [String] {
        request.layers.places.flatMap { ["\(stage)/\($0.upper)", "\(stage)/\($0.work)"] }
            + layerMounts(request).map { point(of: $0, request) } + [root]
    }

    /// The steps that attach the mounts of the layers and mount one overlay for each place.
    static func overlays(_ request: LaunchRequest) -> [ChildStep] {
        layerMounts(request).map { attach($0, at: point(of: $0, request), request) }
            + request.layers.places.map { overlay($0, request) }
    }

    private static func overlay(_ place: RootPlace, _ request: LaunchRequest) -> ChildStep {
        // In `lowerdir` the uppermost layer is the first (overlayfs.rst, "Multiple lower layers").
        let layers = request.layers.list.reversed().filter { $0.place == place }
        let lower = layers.map { point(of: $0.mount, request) + $0.folder }.joined(separator: ":")
        let options =
            "lowerdir=\(lower),upperdir=\(stage)/\(place.upper),workdir=\(stage)/\(place.work),userxattr"
        return .mount(
            source: "overlay", target: root + place.path, type: "overlay", options: options, flags: MountFlags.plain)
    }
}

extension RootPlace {
    /// The path below the root.
    var path: String {
        switch self {
        case .root: ""
        case .usr: "/usr"
        }
    }

    /// The directory in a sandbox's storage for files written at this place. Existing disks use these names.
    var upper: String {
        switch self {
        case .root: "upper"
        case .usr: "usr-upper"
        }
    }

    /// The work directory of the overlay, beside `upper`.
    var work: String {
        switch self {
        case .root: "work"
        case .usr: "usr-work"
        }
    }
}

extension RootLayer {
    /// The mount that has the layer.
    var mount: SandboxLayout.Mount {
        switch self {
        case .hostRoot: .hostRoot
        case .hostUsr: .hostUsr
        case .sealedDisk(let disk, _): .sealedDisk(disk)
        }
    }

    /// The directory of the layer in its mount. The upper directory of a sealed disk is a lower layer now.
    var folder: String {
        switch self {
        case .hostRoot, .hostUsr: ""
        case .sealedDisk(_, let place): "/\(place.upper)"
        }
    }
}
