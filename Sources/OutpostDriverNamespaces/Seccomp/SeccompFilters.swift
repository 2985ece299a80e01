// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// The compiled filter of every preset, made once.
struct SeccompFilters: Sendable {
    private let programs: [SecurityPreset: [[UInt8]]]

    /// What a zygote is held in by, and with it all that is forked from it.
    let zygote: [[UInt8]]

    /// - Throws: `internal` when libseccomp refuses.
    init() throws(OutpostError) {
        var programs: [SecurityPreset: [[UInt8]]] = [:]
        for preset in SecurityPreset.allCases { programs[preset] = try SeccompFilter.compile(.of(preset)) }
        self.programs = programs
        zygote = [try SeccompFilter.compileDenied(.zygote)]
    }

    /// The programs to install, in any order.
    subscript(preset: SecurityPreset) -> [[UInt8]] { programs[preset] ?? [] }
}
