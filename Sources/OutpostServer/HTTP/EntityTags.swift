// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

extension Sequence<Substring> {
    /// Whether `If-None-Match` with these tags names a version of a resource, by weak comparison (RFC 9110, section
    /// 8.8.3.2).
    func hasTag(_ tag: String) -> Bool { contains { $0 == tag || $0 == "W/" + tag } }
}
