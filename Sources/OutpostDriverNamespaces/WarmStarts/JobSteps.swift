// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing

/// What an interpreter that waited does for its program: the part of a program's way (`ProgramSteps`) that must wait until
/// there is one.
struct JobSteps {
    let steps: [ChildStep]
    /// The first step that writes a file; one step for each follows.
    private let firstFile: Int
    private let files: Int
    private let regions: Int

    init(_ program: ProgramSpec) {
        // What is there is not removed: that may take long, and the time is the program's.
        let clearing = program.folder.map { [ChildStep.moveAside($0.root)] } ?? []
        firstFile = clearing.count
        files = program.files.count
        regions = program.fileRegions.count
        steps =
            clearing + program.files.map { .writeFile($0.path, $0.content, mode: $0.mode) }
            + (program.folder?.furnishing ?? [])
    }

    /// Which file a failed step is about; a position behind all files for the run's folder.
    func file(ofStep step: Int) -> Int {
        let position = step - firstFile
        return (0..<files).contains(position) ? position : files + regions
    }
}
