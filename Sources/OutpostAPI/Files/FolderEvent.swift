// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// An event of `GET …/files/{path}?watch`.
public enum FolderEvent: Hashable, Sendable {
    /// The first event: later changes are reported.
    case ready(path: String)
    case created(path: String)
    case modified(path: String)
    /// The path of the watched folder means that the watch has ended.
    case deleted(path: String)
    case moved(path: String, from: String)
    /// Some changes were lost. The client must list the folder again.
    case overflow

    /// Makes the event of a change in `folder`, an absolute path.
    public init(_ change: DirectoryChange, in folder: String) {
        func path(_ below: String) -> String { FileEntry.path(below, in: folder) }
        self =
            switch change {
            case .created(let below): .created(path: path(below))
            case .modified(let below): .modified(path: path(below))
            case .deleted(let below): .deleted(path: path(below))
            case .moved(let from, let to): .moved(path: path(to), from: path(from))
            case .overflow: .overflow
            }
    }

    /// The name of the event.
    public var name: String {
        switch self {
        case .ready: "ready"
        case .created: "created"
        case .modified: "modified"
        case .deleted: "deleted"
        case .moved: "moved"
        case .overflow: "overflow"
        }
    }

    /// The data of the event.
    public var json: JSONValue {
        switch self {
        case .ready(let path), .created(let path), .modified(let path), .deleted(let path): ["path": .string(path)]
        case .moved(let path, let from): ["path": .string(path), "from": .string(from)]
        case .overflow: .object(JSONObject())
        }
    }

    /// Makes an event from its name and data. Nil for an unknown event.
    public init?(name: String, json: JSONValue) {
        let path = json["path"]?.stringValue ?? ""
        switch name {
        case "ready": self = .ready(path: path)
        case "created": self = .created(path: path)
        case "modified": self = .modified(path: path)
        case "deleted": self = .deleted(path: path)
        case "moved": self = .moved(path: path, from: json["from"]?.stringValue ?? "")
        case "overflow": self = .overflow
        default: return nil
        }
    }
}
