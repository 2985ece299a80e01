// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A path as the two fields that a ustar header has for it, with a slash between them that neither of them has.
struct SplitPath {
    let prefix: ArraySlice<UInt8>
    let name: ArraySlice<UInt8>

    /// Nil for a path that does not fit.
    init?(_ path: [UInt8]) {
        if path.count <= HeaderField.name.count {
            prefix = []
            name = path[...]
            return
        }
        // The first slash that leaves few enough bytes for the name. A slash at either end would leave a field empty.
        let first = max(1, path.count - HeaderField.name.count - 1)
        let last = min(HeaderField.prefix.count, path.count - 2)
        guard first <= last, let slash = path[first...last].firstIndex(of: UInt8(ascii: "/")) else { return nil }
        prefix = path[..<slash]
        name = path[(slash + 1)...]
    }
}
