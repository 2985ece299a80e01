// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux

/// Walking a large `/usr` takes seconds when the kernel has nothing of it in memory, and it changes with the packages only.
extension PackageFacts {
    /// What was found when the packages were what they are now, else what is found now; without a package manager always
    /// the latter.
    ///
    /// - Parameter record: where it is kept.
    public static func current(host: String = "", record: String) -> PackageFacts {
        guard let stamp = FileStamp("\(host)/var/lib/dpkg/status") else { return read(host: host) }
        let local = ["lib", "share", "bin"].map { FileStamp("\(host)/usr/local/\($0)")?.description ?? "-" }
        let heading = "3 \(stamp) \(local.joined(separator: " "))"
        if let facts = PackageFacts(kept: record, heading: heading) { return facts }
        let facts = read(host: host)
        // It is found again where it cannot be kept.
        try? facts.keep(record, heading: heading)
        return facts
    }

    private init?(kept path: String, heading: String) {
        guard let bytes = try? readFile(path, limit: 16 << 20) else { return nil }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        guard lines.first.map(String.init) == heading, lines.last == "end" else { return nil }
        self.init()
        for line in lines.dropFirst().dropLast() {
            let parts = line.split(separator: " ", maxSplits: 1)
            guard parts.count == 2 else { return nil }
            if parts[0] == "link" {
                targets.insert(String(parts[1]))
            } else {
                digests[String(parts[1])] = String(parts[0])
            }
        }
    }

    private func keep(_ path: String, heading: String) throws(SystemError) {
        let links = targets.filter { !$0.utf8.contains(UInt8(ascii: "\n")) }.sorted().map { "link \($0)" }
        let files = digests.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
        let text = ([heading] + links + files + ["end", ""]).joined(separator: "\n")
        try writeFile(path + ".new", text, flags: [.writeOnly, .create, .truncate], mode: 0o600)
        try renameFile(path + ".new", to: path)
    }
}
