// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostImage
import OutpostLinux
import OutpostWire

/// The spawner's own root, with only a few mounts of the host. The mount namespace of each sandbox starts as a copy of this
/// one. A child therefore cannot reach other files of the host, even before its first step, and the copy is cheap.
struct SpawnerRoot {
    /// The cgroup hierarchies, with their mount points in this root.
    let layout: CgroupLayout
    let masks: ProcMasks
    /// The cgroup files that programs see.
    let view: CgroupView

    /// The host's `/usr` in this root.
    static let usr = "/usr"
    /// The data directory in this root.
    static let data = "/data"
    /// The root of the host image in this root.
    static let image = "/data/image/rootfs"

    /// Builds the host image and the root, and moves this process into it.
    ///
    /// - Throws: `SystemError`. The process must end then.
    static func enter(_ configuration: SpawnerConfiguration) throws(SystemError) -> SpawnerRoot {
        let dataDirectory = configuration.dataDirectory
        let layout = try CgroupLayout.detect()
        let view = CgroupView(layout)
        let mountInfo = try readText("/proc/self/mountinfo")
        try makeDirectories("\(dataDirectory)/image/rootfs")
        let facts = PackageFacts.current(record: "\(dataDirectory)/image/packages")
        try HostImage(
            root: "\(dataDirectory)/image/rootfs",
            configuration: HostConfiguration(facts, extra: configuration.extraConfiguration), view: view
        ).build()
        // Less memory makes each later clone cheaper, because a clone copies this process's page tables.
        ProcessMemory.trim()
        try MountNamespace.leave()
        let point = "\(dataDirectory)/image/spawner"
        try makeDirectories(point)
        let own = try DetachedMount.new(type: "tmpfs", options: [("size", "32m"), ("mode", "0755")])
        try own.attach(at: point)
        for name in ["proc", "dev", "data", "usr", "stage", "cgroup"] {
            try makeDirectory("\(point)/\(name)")
        }
        try makeDirectory(point + ProcessorList.directory)
        try DetachedMount.new(type: "proc").attach(at: "\(point)/proc")
        try DetachedMount.clone(of: "/dev").attach(at: "\(point)/dev")
        try DetachedMount.clone(of: dataDirectory).attach(at: "\(point)/data")
        let usr = try DetachedMount.clone(of: "/usr")
        try usr.restrict([.readOnly, .noSetUID, .noDevices])
        try usr.attach(at: "\(point)/usr")
        try CgroupPlaceholders.make(view, layout, below: point)
        let copies = try LimitCopies.makeFileSystem(below: point)
        let relocated = try moveCgroups(layout, below: point)
        try MountNamespace.pivot(to: point)
        if let unified = relocated.unified, let mount = CgroupMount(path: unified, mountInfo: mountInfo),
            !mount.favorsDynamicModifications
        {
            // On an older kernel this fails, and joining a cgroup stays slow.
            try? mount.favorDynamicModifications()
        }
        return SpawnerRoot(layout: relocated, masks: ProcMasks(proc: "/proc"), view: view.withCopies(from: copies))
    }

    /// Attaches the hierarchies below `point` and returns the layout with the new paths.
    private static func moveCgroups(_ layout: CgroupLayout, below point: String) throws(SystemError) -> CgroupLayout {
        var moved = layout
        moved.unified = nil
        moved.legacy = [:]
        for (index, mount) in layout.hierarchies.enumerated() {
            try makeDirectory("\(point)/cgroup/\(index)")
            try DetachedMount.clone(of: mount).attach(at: "\(point)/cgroup/\(index)")
            if mount == layout.unified { moved.unified = "/cgroup/\(index)" }
            for (controller, path) in layout.legacy where path == mount {
                moved.legacy[controller] = "/cgroup/\(index)"
            }
        }
        return moved
    }
}
