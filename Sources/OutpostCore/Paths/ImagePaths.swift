// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Paths that exist in every image.
public enum ImagePaths {
    /// The folder for the caches of compilers. Every user of a sandbox may write to it.
    public static let caches = "/var/cache/outpost"
    /// The name of the platform's own folder in `/etc`.
    public static let ownConfiguration = "outpost"
    /// The main file of the Python kernel.
    public static let pythonKernel = "/etc/\(ownConfiguration)/python-kernel/kernel.py"
    /// The main file of the Node.js kernel, and the shell script that starts Node.js with it.
    public static let nodeKernel = "/etc/\(ownConfiguration)/node-kernel/kernel.cjs"
    public static let nodeKernelStart = "/etc/\(ownConfiguration)/node-kernel/start.sh"
}
