// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostWire
import Testing

@testable import OutpostConfinement
@testable import OutpostLinux

/// The way of a program from the agent's clone to its first instruction, as data.
struct ProgramStepsTests {
    private let descriptors: [Descriptor]
    private var numbers: [Int32] { descriptors.map(\.number) }

    init() throws {
        descriptors = try (0..<5).map { _ in try Descriptor.open("/dev/null", .readWrite) }
    }

    private static let program = GuestProgram(
        process: 9, descriptors: 5, uid: 1000, gid: 1001, arguments: ["python3", "main.py"],
        environment: ["PATH=/first", "A=b", "PATH=/opt/bin:/bin"], directory: "/code",
        limits: [
            .init(resource: 7, soft: 4096, hard: 4096), .init(resource: 3, soft: 8, hard: .max),
            .init(resource: 99, soft: 1, hard: 1),
        ], filters: [[1, 2], [3]])

    private static let files = [
        StagedFiles.File(path: "/code/a/b.txt", mode: 0o644, content: [1, 2, 3]),
        StagedFiles.File(path: "/main.py", mode: 0o600, content: []),
    ]

    private func plan(_ program: GuestProgram = program, files: [StagedFiles.File] = files) -> ProgramSteps {
        ProgramSteps(program, files: files, descriptors: numbers)
    }

    @Test func aProgramIsStartedInExactlyTheseSteps() {
        #expect(
            plan().steps == [
                .write(descriptor: numbers[3], Array("0".utf8)),
                .write(descriptor: numbers[4], Array("0".utf8)),
                .unshare(NamespaceFlags.cgroup | NamespaceFlags.ipc),
                .newSession,
                .duplicate(numbers[0], to: 0),
                .duplicate(numbers[1], to: 1),
                .duplicate(numbers[2], to: 2),
                .closeFrom(3),
                .limit(.openFiles, soft: 4096, hard: 4096),
                .limit(.stack, soft: 8, hard: CreatorLimits.bound(.stack)),
                .keepBounding([]),
                .processControl(ProcessControl.secureBits, 0xef),
                .setIDs(uid: 1000, gid: 1001),
                .capabilities([], ambient: []),
                .writeFile("/code/a/b.txt", [1, 2, 3], mode: 0o644),
                .writeFile("/main.py", [], mode: 0o600),
                .changeDirectory("/code"),
                .processControl(ProcessControl.noNewPrivileges, 1),
                .seccomp([1, 2]),
                .seccomp([3]),
                .execute(
                    "python3", searchPath: "/opt/bin:/bin", arguments: ["python3", "main.py"],
                    environment: ["PATH=/first", "A=b", "PATH=/opt/bin:/bin"]),
            ])
    }

    private static let view = CgroupView(["memory", "cpu"], copiesDevice: 9)

    @Test func itsCgroupIsShownWhileItMayMountByTheLastThatCameWithItsEntrances() throws {
        let steps = ProgramSteps(Self.program, descriptors: numbers + [21, 22, 23, 24], view: Self.view).steps
        let entered = try #require(
            steps.firstIndex(of: .unshare(NamespaceFlags.cgroup | NamespaceFlags.ipc)))
        #expect(Array(steps[(entered + 1)...].prefix(4)) == Self.view.steps([21, 22, 23, 24]))
        #expect(!steps.contains(.write(descriptor: 21, Array("0".utf8))))
        let dropped = try #require(steps.firstIndex(of: .keepBounding([])))
        #expect(entered + 4 < dropped)
    }

    @Test func whoIsNotAloneSeesItByItselfInPlaceOfAnothers() throws {
        let steps = ProgramSteps(
            Self.program, descriptors: numbers + [21, 22, 23, 24], view: Self.view, isAlone: false
        ).steps
        let entered = try #require(
            steps.firstIndex(of: .unshare(NamespaceFlags.cgroup | NamespaceFlags.ipc | NamespaceFlags.mounts)))
        #expect(
            Array(steps[(entered + 1)...].prefix(6)) == [
                .hideCgroup("/sys/fs/cgroup/memory", device: 9), .hideCgroup("/sys/fs/cgroup/cpu", device: 9),
                .attach(21, target: "/sys/fs/cgroup/memory"), .cover(22, over: 21),
                .attach(23, target: "/sys/fs/cgroup/cpu"), .cover(24, over: 23),
            ])
        #expect(
            ProgramSteps(Self.program, descriptors: numbers, isAlone: false).steps.contains(
                .unshare(NamespaceFlags.cgroup | NamespaceFlags.ipc)))
    }

    @Test func itIsHeldToItsProcessorsBeforeItRunsAndACopyBySomebodyElse() throws {
        var program = Self.program
        program.processors = ProcessorSet([1, 3])
        let steps = ProgramSteps(program, descriptors: numbers).steps
        #expect(
            steps.filter { if case .setAffinity = $0 { true } else { false } } == [.setAffinity(ProcessorSet([1, 3]))])
        let copy = ProgramSteps(program, descriptors: numbers, destination: .continues).steps
        #expect(!copy.contains { if case .setAffinity = $0 { true } else { false } })
    }

    @Test func theCgroupIsEnteredBeforeAnythingThatCosts() {
        let steps = plan().steps
        for entrance in numbers.dropFirst(3) {
            let position = steps.firstIndex(of: .write(descriptor: entrance, Array("0".utf8)))
            #expect(position.map { $0 < 2 } == true)
        }
    }

    @Test func idsAreGivenUpWhileTheRightToLockThemDownIsStillThere() throws {
        let steps = plan().steps
        let order = try [
            ChildStep.keepBounding([]), .processControl(ProcessControl.secureBits, 0xef), .setIDs(uid: 1000, gid: 1001),
            .capabilities([], ambient: []), .processControl(ProcessControl.noNewPrivileges, 1), .seccomp([1, 2]),
        ].map { try #require(steps.firstIndex(of: $0)) }
        #expect(order == order.sorted())
    }

    @Test func filesAreWrittenAsTheProgramsUserAndNotAsTheAgent() throws {
        let steps = plan().steps
        let dropped = try #require(steps.firstIndex(of: .capabilities([], ambient: [])))
        let written = try #require(steps.firstIndex(of: .writeFile("/code/a/b.txt", [1, 2, 3], mode: 0o644)))
        #expect(written > dropped)
    }

    @Test func aCopyIsMadeAfterTheFilesFromADescriptorThatIsNoEntrance() throws {
        var program = Self.program
        program.copies = [.init(path: "/code/main", mode: 0o755, offset: 64, size: 9)]
        let plan = plan(program)
        let copy = ChildStep.copyFile("/code/main", from: numbers[4], offset: 64, size: 9, mode: 0o755)
        let position = try #require(plan.steps.firstIndex(of: copy))
        #expect(plan.steps[position - 1] == .writeFile("/main.py", [], mode: 0o600))
        #expect(plan.steps[position + 1] == .changeDirectory("/code"))
        #expect(!plan.steps.contains(.write(descriptor: numbers[4], Array("0".utf8))))
        #expect(
            plan.refusal(ChildProcess.Failure(step: position, number: 28))
                == .refused(process: 9, stage: .file, position: 2, errno: 28, detail: "write the file /code/main"))
    }

    private static func folder(_ options: RunFolder.Options) -> RunFolder {
        RunFolder(root: "/own", workingDirectory: "/code", options: options)
    }

    @Test func theFolderIsClearedBeforeTheFilesAndFurnishedAfterThem() throws {
        var program = Self.program
        let folder = Self.folder([.isNew, .endsWithProgram])
        program.folder = folder
        let plan = plan(program)
        let order = try [
            ChildStep.capabilities([], ambient: []), .clearRunFolder(folder),
            .writeFile("/code/a/b.txt", [1, 2, 3], mode: 0o644), .writeFile("/main.py", [], mode: 0o600),
            folder.furnishing[0], .setMode("/own", 0o555), .changeDirectory("/code"), .seccomp([1, 2]),
        ].map { try #require(plan.steps.firstIndex(of: $0)) }
        #expect(order == order.sorted())
        for step in [order[1], order[4]] {
            guard case .refused(9, .file, let position, 28, _) = plan.refusal(.init(step: step, number: 28)) else {
                throw WireError("not refused for a file")
            }
            #expect(position == 2)
        }
    }

    @Test(
        arguments: [
            ([], [false, true]), ([.isNew], [true, true]), ([.isNew, .waits], [false, false]),
            ([.isCompiled], [false, true]),
            ([.isNew, .compiles], [true, true]), ([.isNew, .isCompiled], [true, true]),
            ([.endsWithProgram], [false, true]),
        ] as [(RunFolder.Options, [Bool])])
    func aFolderIsMadeByWhoeverWritesToIt(options: RunFolder.Options, expected: [Bool]) {
        var program = Self.program
        program.folder = Self.folder(options)
        let folder = Self.folder(options)
        let steps = plan(program).steps
        #expect([steps.contains(.clearRunFolder(folder)), steps.contains(folder.furnishing[0])] == expected)
    }

    @Test func nothingIsBetweenTheFiltersAndTheProgram() {
        #expect(plan().steps.suffix(3).dropLast().allSatisfy { if case .seccomp = $0 { true } else { false } })
    }

    @Test func withoutFiltersNewPrivilegesAreStillOutOfReach() throws {
        var program = Self.program
        program.filters = []
        let steps = plan(program).steps
        #expect(steps.contains(.processControl(ProcessControl.noNewPrivileges, 1)))
        #expect(!steps.contains { if case .seccomp = $0 { true } else { false } })
    }

    @Test func aProgramWithoutASearchPathIsLookedForInTheUsualPlaces() throws {
        var program = Self.program
        program.environment = ["HOME=/"]
        guard case .execute(_, let path, _, _) = try #require(plan(program).steps.last) else {
            throw WireError("the last step is not execute")
        }
        #expect(path == "/usr/bin:/bin")
    }

    @Test func aFailedStepIsReportedAsWhatItMeans() throws {
        let plan = plan()
        func event(_ step: ChildStep) throws -> GuestEvent {
            plan.refusal(ChildProcess.Failure(step: try #require(plan.steps.firstIndex(of: step)), number: 13))
        }
        #expect(
            try event(.writeFile("/code/a/b.txt", [1, 2, 3], mode: 0o644))
                == .refused(process: 9, stage: .file, position: 0, errno: 13, detail: "write the file /code/a/b.txt"))
        #expect(
            try event(.writeFile("/main.py", [], mode: 0o600))
                == .refused(process: 9, stage: .file, position: 1, errno: 13, detail: "write the file /main.py"))
        #expect(
            try event(.changeDirectory("/code"))
                == .refused(process: 9, stage: .directory, position: 0, errno: 13, detail: "enter the directory /code"))
        #expect(
            try event(.seccomp([3]))
                == .refused(process: 9, stage: .setup, position: 0, errno: 13, detail: "install the seccomp filter"))
        #expect(
            plan.refusal(.init(step: plan.steps.count - 1, number: 2))
                == .refused(process: 9, stage: .execute, position: 0, errno: 2, detail: "execute python3"))
    }

    @Test(arguments: [-1, 22, 1000])
    func aStepThatDoesNotExistIsOurFaultAndNoTrap(step: Int) {
        #expect(
            plan().refusal(.init(step: step, number: 71))
                == .refused(process: 9, stage: .setup, position: 0, errno: 71, detail: "unknown step"))
    }
}
