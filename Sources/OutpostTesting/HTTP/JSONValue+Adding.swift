// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostAPI

extension JSONValue {
    /// An object with the members of `other` added or replaced; anything else as it is.
    public func adding(_ other: JSONValue) -> JSONValue {
        guard case .object(var object) = self else { return self }
        for member in other.objectValue?.members ?? [] { object[member.name] = member.value }
        return .object(object)
    }
}
