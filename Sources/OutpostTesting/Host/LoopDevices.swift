// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The loop devices of this host.
enum LoopDevices {
    /// Those whose file is below `path`, deleted ones included.
    static func backed(by path: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "/sys/block").filter { $0.hasPrefix("loop") }.filter {
            // A device without a file has no such entry.
            let file = try? String(contentsOfFile: "/sys/block/\($0)/loop/backing_file", encoding: .utf8)
            return file?.hasPrefix(path) ?? false
        }
    }
}
