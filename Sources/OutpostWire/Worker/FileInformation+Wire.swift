// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

extension FileInformation {
    func write(to writer: inout ByteWriter) {
        writer.write(kind.code)
        writer.write(mode)
        writer.write(uid)
        writer.write(gid)
        writer.write(size)
        writer.write(modified)
        writer.write(changed)
        writer.write(number)
    }

    init(_ reader: inout ByteReader) throws(WireError) {
        self.init(
            kind: try Kind(code: try reader.integer()), mode: try reader.integer(), uid: try reader.integer(),
            gid: try reader.integer(), size: try reader.integer(), modified: try reader.integer(),
            changed: try reader.integer(), number: try reader.integer())
    }
}

extension FileInformation.Kind {
    fileprivate var code: UInt8 {
        switch self {
        case .file: 1
        case .directory: 2
        case .symlink: 3
        case .fifo: 4
        case .socket: 5
        case .device: 6
        }
    }

    fileprivate init(code: UInt8) throws(WireError) {
        guard let kind = Self.allCases.first(where: { $0.code == code }) else { throw WireError("kind of file") }
        self = kind
    }
}
