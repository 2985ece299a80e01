// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostImage
import OutpostLinux
import OutpostWire

/// The spawner's own root: a few mounts and nothing else of the host. Each sandbox starts as a copy of this mount
/// namespace, so what is not here is out of a child's reach before it has made a single step, and copying is cheap.
struct SpawnerRoot {
    let layout: CgroupLayout
    let masks: ProcMasks
    /// What programs see of their cgroups.
    let view: CgroupView

    static let user = "/usr"
    static let data = "/data"
    static let image = "/data/image/rootfs"

    /// Leaves the host's mount namespace for the small root.
    ///
    /// - Throws: `SystemError`; the process is then of no use and must end.
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
        // Each process that is cloned from here on begins as a copy of this one's memory.
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
        let user = try DetachedMount.clone(of: "/usr")
        try user.restrict([.readOnly, .noSetUID, .noDevices])
        try user.attach(at: "\(point)/usr")
        try CgroupPlaceholders.make(view, layout, below: point)
        let relocated = try moveCgroups(layout, below: point)
        try MountNamespace.pivot(to: point)
        if let unified = relocated.unified, let mount = CgroupMount(path: unified, mountInfo: mountInfo),
            !mount.favorsDynamicModifications
        {
            // Only speed is lost where the kernel is too old for it.
            try? mount.favorDynamicModifications()
        }
        return SpawnerRoot(layout: relocated, masks: ProcMasks(proc: "/proc"), view: view)
    }

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
