// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import Testing

@testable import OutpostDriverNamespaces

/// An interpreter that waited does for its program what is done for every other, and tells of a failure by its step.
struct JobStepsTests {
    private func program(_ folder: RunFolder?) -> ProgramSpec {
        var program = ProgramSpec(
            arguments: ["node"], environment: [], workingDirectory: "/w", user: .root,
            limits: ResourceLimits(
                memoryMiB: 64, cpuCores: 1, timeoutMilliseconds: 1000, diskMiB: 64, maxProcesses: 8, maxOutputBytes: 64)
        )
        program.files = [
            SandboxFile(path: "/a", content: [1], mode: 0o644), SandboxFile(path: "/b", content: [], mode: 0o600),
        ]
        program.folder = folder
        return program
    }

    @Test func withoutAFolderThereAreItsFilesOnly() {
        let steps = JobSteps(program(nil))
        #expect(steps.steps == [.writeFile("/a", [1], mode: 0o644), .writeFile("/b", [], mode: 0o600)])
        #expect([0, 1, 2].map { steps.file(ofStep: $0) } == [0, 1, 2])
    }

    /// A step that is about no file is the folder's: its position is behind all files, as `ProgramSteps` has it.
    @Test func aFolderIsMadeFreeBeforeItsFilesAndFurnishedBehindThem() {
        let folder = RunFolder(root: "/t", workingDirectory: "/w", options: [.isNew, .endsWithProgram])
        let steps = JobSteps(program(folder))
        #expect(
            steps.steps == [
                .moveAside("/t"), .writeFile("/a", [1], mode: 0o644), .writeFile("/b", [], mode: 0o600),
            ] + folder.furnishing)
        #expect([0, 1, 2, 3, steps.steps.count - 1].map { steps.file(ofStep: $0) } == [2, 0, 1, 2, 2])
    }
}
