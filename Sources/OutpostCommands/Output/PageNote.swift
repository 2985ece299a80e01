// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI

extension Page {
    /// For people who see a part of a list only: which; nil when the page is all there is.
    func note(_ noun: String) -> String? {
        totalPages > 1 ? "page \(page) of \(totalPages), \(total) \(noun) in all" : nil
    }
}
