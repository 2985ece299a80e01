// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A path split into the two fields of a ustar header. The slash between them is in neither field.
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
        // The first slash after which the name fits its field. A slash at either end of the path would leave a field
        // empty.
        let first = max(1, path.count - HeaderField.name.count - 1)
        let last = min(HeaderField.prefix.count, path.count - 2)
        guard first <= last, let slash = path[first...last].firstIndex(of: UInt8(ascii: "/")) else { return nil }
        prefix = path[..<slash]
        name = path[(slash + 1)...]
    }
}
