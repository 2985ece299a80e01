// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// Which part of a list.
struct PagingOptions: ParsableArguments {
    @Option(help: "Which page, from 1.")
    var page = 1

    @Option(help: "Rows on a page, at most 100.")
    var perPage = 20
}
