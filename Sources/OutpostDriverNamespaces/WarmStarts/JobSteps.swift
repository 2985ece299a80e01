// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing

/// The steps that a warm interpreter does for its program: the part of `ProgramSteps` that needs the program.
struct JobSteps {
    let steps: [ChildStep]
    /// The first step that writes a file. Each file has one step.
    private let firstFile: Int
    private let files: Int
    private let regions: Int

    init(_ program: ProgramSpec) {
        // The old folder is moved and not removed. A removal could take long, and the program's time already counts.
        let clearing = program.folder.map { [ChildStep.moveAside($0.root)] } ?? []
        firstFile = clearing.count
        files = program.files.count
        regions = program.fileRegions.count
        steps =
            clearing + program.files.map { .writeFile($0.path, $0.content, mode: $0.mode) }
            + (program.folder?.furnishing ?? [])
    }

    /// Returns the position of the file of a failed step. A step of the run's folder has a position after all files.
    func file(ofStep step: Int) -> Int {
        let position = step - firstFile
        return (0..<files).contains(position) ? position : files + regions
    }
}
