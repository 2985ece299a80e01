// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux

/// What a sandbox gets below /proc/sys that differs from the host's.
enum KernelSettings {
    /// Bounds of the sandbox's own user namespace (namespaces(7), "/proc/sys/user"), to be written before /proc/sys
    /// becomes read-only.
    static func bounds(root: String) -> [ChildStep] {
        [
            // A second lock behind the filter: a program that found a way to ask would still be refused.
            .writeSetting("\(root)/proc/sys/user/max_user_namespaces", "0", isOptional: true),
            // No cgroup bounds watches by number, and the kernel takes 3 µs to free each one: those of a process that was
            // killed delay its end.
            .writeSetting("\(root)/proc/sys/user/max_inotify_watches", "16384", isOptional: true),
        ]
    }

    /// Covers the host's boot id, which would tell that two sandboxes ran on the same host, with one that is made up.
    /// The file has no name any more when the first program starts, so nothing inside can change it.
    static func identity(root: String) -> [ChildStep] {
        let draft = "\(root)/dev/shm/boot_id"
        return [
            .writeFile(draft, Array("\(randomIdentity())\n".utf8), mode: 0o444),
            .bind(
                source: draft, target: "\(root)/proc/sys/kernel/random/boot_id",
                attributes: MountAttributes([.readOnly, .noSetUID, .noDevices, .noExecute]).rawValue),
            .removeFile(draft),
        ]
    }

    /// A random UUID of version 4 (RFC 9562, section 5.4).
    private static func randomIdentity() -> String {
        var bytes = (0..<16).map { _ in UInt8.random(in: 0...255) }
        bytes[6] = bytes[6] & 0x0f | 0x40
        bytes[8] = bytes[8] & 0x3f | 0x80
        return [0..<4, 4..<6, 6..<8, 8..<10, 10..<16].map { hexadecimal(bytes[$0]) }.joined(separator: "-")
    }
}
