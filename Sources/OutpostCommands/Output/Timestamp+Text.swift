// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

extension Timestamp {
    /// For people: to the second, `2026-11-21T09:41:07Z`.
    var text: String { rfc3339.prefix(19) + "Z" }
}

extension Timestamp? {
    /// As a cell of a table.
    var cell: String { self?.text ?? TextTable.absent }
}
