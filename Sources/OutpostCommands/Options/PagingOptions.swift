// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// The page of a list.
struct PagingOptions: ParsableArguments {
    @Option(help: "The number of the page; the first is 1.")
    var page = 1

    @Option(help: "The number of rows on a page, at most 100.")
    var perPage = 20
}
