// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The temporary name of a file that is being written. It is in the folder of the file.
public enum DraftName {
    private static let prefix = ".outpost-"

    /// Returns the name for a token, a random number.
    public static func make(_ token: UInt64) -> String { prefix + String(token) }

    /// Whether the last name of `path` is such a name.
    public static func isDraft(_ path: String) -> Bool {
        guard let name = path.pathComponents.last, name.hasPrefix(prefix) else { return false }
        return UInt64(name.dropFirst(prefix.count)) != nil
    }
}
