// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux

/// Where sealed disks are: `sealed/NAMESPACE/ID.ext4` in the data directory. Whose a disk is, its folder says, so nothing else
/// must be kept in step with it.
struct SealedDiskFolder {
    struct Found {
        let id: SealedDiskID
        let namespace: NamespaceName
        let bytes: Int
    }

    /// Read by its owner, and written by nobody.
    static let mode: UInt32 = 0o400

    private let root: String

    init(dataDirectory: String) { root = "\(dataDirectory)/sealed" }

    func path(_ id: SealedDiskID, of namespace: NamespaceName) -> String { "\(root)/\(namespace)/\(id)\(Self.ending)" }

    /// Where a copy is made; it goes when it is not finished.
    func draft(_ id: SealedDiskID, of namespace: NamespaceName) -> String { path(id, of: namespace) + Self.unfinished }

    private static let ending = ".ext4"
    private static let unfinished = ".new"

    /// Finishes what a server began that died, and finds what is there. What has another name is left alone.
    func restore() throws(SystemError) -> [Found] {
        guard exists(root) else { return [] }
        var found: [Found] = []
        for name in try entries(of: root) {
            guard let namespace = NamespaceName(name) else { continue }
            found += try restore(namespace)
        }
        return found
    }

    private func restore(_ namespace: NamespaceName) throws(SystemError) -> [Found] {
        var found: [Found] = []
        for name in try entries(of: "\(root)/\(namespace)") {
            let path = "\(root)/\(namespace)/\(name)"
            if name.hasSuffix(Self.ending + Self.unfinished) {
                try removeEntry(path)
            } else if name.hasSuffix(Self.ending), let id = SealedDiskID(String(name.dropLast(Self.ending.count))) {
                found.append(try finish(id, of: namespace))
            }
        }
        try synchronize(directory: "\(root)/\(namespace)")
        return found
    }

    /// Sees to it that one that has its name already is protected.
    func finish(_ id: SealedDiskID, of namespace: NamespaceName) throws(SystemError) -> Found {
        let path = path(id, of: namespace)
        try setMode(path, Self.mode)
        let (size, missing) = try SparseFile.sizes(path)
        return Found(id: id, namespace: namespace, bytes: size - missing)
    }
}
