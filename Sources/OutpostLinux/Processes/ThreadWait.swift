// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Where in the kernel a thread waits and cannot be interrupted (proc(5), `/proc/pid/wchan`).
public struct ThreadWait: Hashable, Sendable {
    /// The kernel's function, such as `rtnl_dumpit`: the one that asked for the lock, not the one that waits.
    public let place: String

    /// A wait at this place.
    public init(place: String) { self.place = place }

    /// Looks at a thread.
    ///
    /// - Parameter thread: its id, as this process's pid namespace numbers it.
    /// - Returns: nil when the thread runs, sleeps so that a signal wakes it, has ended, or when the kernel does not tell.
    public static func of(_ thread: Int32) -> ThreadWait? {
        guard let stat = try? readText("/proc/\(thread)/stat"), let name = stat.lastIndex(of: ")"),
            stat[name...].dropFirst(2).first == "D", let place = try? readText("/proc/\(thread)/wchan"), place != "0",
            !place.isEmpty
        else { return nil }
        return ThreadWait(place: place)
    }

    /// Whether the thread waits for something that only its own sandbox has: the memory of its process, a file, a folder, a pipe
    /// or a socket, or a disk. Many threads of an ordinary program can wait so.
    public var isPrivate: Bool { Self.privatePlaces.contains { place.utf8.starts(with: $0.utf8) } }

    /// The first words of the functions that take such locks (mm/, fs/, net/ of Linux 5.10 to 6.18).
    private static let privatePlaces =
        // The memory of a process.
        [
            "vm_", "__vm_", "do_mprotect", "mprotect_", "lock_mm_", "do_user_addr", "do_page_fault", "exc_page_fault",
            "__do_sys_brk",
            "__x64_sys_brk", "__ia32_sys_brk", "do_madvise", "madvise_", "ksys_mmap", "do_mremap", "__do_sys_mremap",
            "mm_",
            "exit_mm", "dup_mm", "copy_process", "do_exit", "mem_cgroup_", "do_swap_page",
        ]
        // Its files, folders, pipes and sockets.
        + [
            "generic_file_", "ext4_", "shmem_", "ovl_", "vfs_", "do_unlinkat", "do_rmdir", "do_mkdirat", "do_renameat",
            "do_linkat",
            "do_symlinkat", "filename_create", "open_last_lookups", "path_openat", "lookup_slow", "walk_component",
            "iterate_dir",
            "chmod_common", "chown_common", "pipe_", "anon_pipe_", "unix_", "lock_sock", "__lock_sock", "tcp_", "udp_",
            "inet_",
        ]
        // A disk.
        + ["folio_", "wait_on_page", "io_", "blk_", "bio_", "submit_bio", "balance_dirty", "jbd2_"]
}
