// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Paths that every image has.
public enum ImagePaths {
    /// The folder for compilers' caches, which every user of a sandbox may write to.
    public static let caches = "/var/cache/outpost"
    /// The name below `/etc` of what the product itself puts there.
    public static let ownConfiguration = "outpost"
}
