// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc
import OutpostCore
import Testing

@testable import OutpostLinux

/// A child tells which of its steps failed and why; one that fails never runs the program.
struct ChildProcessTests {
    /// What became of a child.
    struct Outcome {
        let failure: ChildProcess.Failure?
        let exit: ChildProcess.Exit
        let output: String
    }

    private func run(_ steps: [ChildStep]) throws -> Outcome {
        let failures = try Descriptor.pipe()
        let output = try Descriptor.pipe()
        let child = try ChildProcess.clone(
            sandboxed: false, failures: failures.write, [.duplicate(output.write.number, to: 1)] + steps)
        failures.write.closeNow()
        output.write.closeNow()
        let failure = try ChildProcess.failure(from: failures.read)
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while let count = try output.read.read(into: &buffer), count > 0 { text += buffer[..<count] }
        return Outcome(failure: failure, exit: try child.wait(), output: String(decoding: text, as: UTF8.self))
    }

    private func shell(_ commands: String, environment: [String] = []) -> ChildStep {
        .execute("/bin/sh", searchPath: nil, arguments: ["sh", "-c", commands], environment: environment)
    }

    @Test(arguments: [
        (ChildStep.changeDirectory("/none"), ENOENT), (.changeDirectory("/etc/passwd"), ENOTDIR),
        (.duplicate(9999, to: 0), EBADF), (.write(descriptor: 9999, [1]), EBADF), (.seccomp([1, 2, 3]), EINVAL),
        (.makeDirectory("/none/a", mode: 0o755), ENOENT), (.writeFile("/dev/null/a", [], mode: 0o644), ENOTDIR),
        (.copyFile("/tmp/none", from: 9999, offset: 0, size: 1, mode: 0o644), EBADF),
        (.moveMount(position: 3, target: "/"), EBADF),
        (.mount(source: "x", target: "/none", type: "tmpfs", options: "", flags: 0), ENOENT),
        (.execute("/none", searchPath: nil, arguments: ["x"], environment: []), ENOENT),
        (.execute("/etc", searchPath: nil, arguments: ["x"], environment: []), EACCES),
        (.execute("none", searchPath: "/usr/bin:/bin", arguments: ["x"], environment: []), ENOENT),
        (.execute("passwd", searchPath: "/none:/etc:/none", arguments: ["x"], environment: []), EACCES),
        (.execute("", searchPath: "/usr/bin", arguments: [""], environment: []), EACCES),
        (.executeDescriptor(9999, arguments: ["x"], environment: []), EBADF),
    ])
    func aStepThatFailsIsNamedWithItsReason(step: ChildStep, number: Int32) throws {
        let outcome = try run([.changeDirectory("/"), step, shell("echo never")])
        #expect(outcome.failure == ChildProcess.Failure(step: 2, number: number))
        #expect(outcome.exit == .code(127))
        #expect(outcome.output == "")
    }

    @Test func aChildRunsOnTheProcessorsItIsGiven() throws {
        let numbers = ProcessorSet.allowed().numbers
        for number in numbers.prefix(4) {
            let outcome = try run([
                .setAffinity(ProcessorSet([number])), shell("grep Cpus_allowed_list /proc/self/status"),
            ])
            #expect(outcome.output == "Cpus_allowed_list:\t\(number)\n")
        }
        // None of these is there.
        let outcome = try run([
            .setAffinity(ProcessorSet([8000])), shell("grep -c Cpus_allowed_list /proc/self/status"),
        ])
        #expect(outcome.output == "1\n")
    }

    @Test func aMountThatCannotBeAttachedIsNoFailure() throws {
        let step = ChildStep.attach(0, target: "/none")
        #expect(try run([step, shell("echo on")]).output == "on\n")
    }

    @Test func aProgramWithoutExecuteIsAFailure() throws {
        let outcome = try run([.changeDirectory("/")])
        #expect(outcome.failure == ChildProcess.Failure(step: 2, number: ENOEXEC))
    }

    @Test func theProgramGetsItsArgumentsItsEnvironmentAndNothingElse() throws {
        let outcome = try run([
            .execute(
                "sh", searchPath: "/none:/usr/bin:/bin",
                arguments: ["sh", "-c", "echo \"$0 $1 $A\"; env | sort", "zero", "é 1"],
                environment: ["A=b c", "PATH=/usr/bin:/bin"])
        ])
        #expect(outcome.failure == nil)
        #expect(outcome.exit == .code(0))
        let lines = outcome.output.split(separator: "\n").map(String.init)
        #expect(lines.first == "zero é 1 b c")
        // The shell itself adds where it is.
        #expect(
            lines.dropFirst().filter { !$0.hasPrefix("PWD=") && !$0.hasPrefix("_=") } == [
                "A=b c", "PATH=/usr/bin:/bin",
            ])
    }

    @Test func aSignalIsToldFromAnExitCode() throws {
        #expect(try run([shell("kill -9 $$")]).exit == .signal(9))
        #expect(try run([shell("exit 137")]).exit == .code(137))
    }

    @Test func descriptorsAreClosedFromTheFirstOneOn() throws {
        let outcome = try run([
            .duplicate(1, to: 7), .closeFrom(3),
            shell("ls -1 /proc/self/fd | sort | tail -n 1", environment: ["PATH=/usr/bin:/bin"]),
        ])
        // 3 is the directory that ls reads.
        #expect(outcome.output == "3\n")
    }

    @Test func ignoredAndBlockedSignalsAreResetForTheProgram() throws {
        ServerProcess.ignoreBrokenPipes()
        let outcome = try run([
            shell("sed -nE 's/^Sig(Blk|Ign):\t//p' /proc/self/status", environment: ["PATH=/usr/bin:/bin"])
        ])
        let sets = outcome.output.split(separator: "\n").compactMap { UInt64($0, radix: 16) }
        // 32 and 33 belong to the C library, which changes them for nobody.
        #expect(sets.map { $0 & ~0x1_8000_0000 } == [0, 0])
    }

    @Test func aFileReplacesALinkInsteadOfFollowingIt() throws {
        try withFolder { folder in
            try makeFile("\(folder)/kept", "precious")
            try replaceLink("\(folder)/file", target: "\(folder)/kept")
            let outcome = try run([.writeFile("\(folder)/file", Array("new".utf8), mode: 0o640), shell("true")])
            #expect(outcome.failure == nil)
            #expect(try readText("\(folder)/kept") == "precious")
            #expect(try readText("\(folder)/file") == "new")
            #expect(linkTarget("\(folder)/file") == nil)
        }
    }

    @Test func aCopyIsThePartOfItsSourceWhichIsClosed() throws {
        try withFolder { folder in
            try makeFile("\(folder)/source", "headcontenttail")
            try replaceLink("\(folder)/file", target: "\(folder)/source")
            let source = try Descriptor.open("\(folder)/source", .readOnly)
            // Without close-on-exec: what the program does not find was closed by the step.
            let outcome = try run([
                .duplicate(source.number, to: 50),
                .copyFile("\(folder)/file", from: 50, offset: 4, size: 7, mode: 0o755),
                shell(
                    "test -e /proc/self/fd/50 || echo closed; stat -c %a:%F \(folder)/file",
                    environment: ["PATH=/usr/bin:/bin"]),
            ])
            #expect(outcome.failure == nil)
            #expect(outcome.output == "closed\n755:regular file\n")
            #expect(try readText("\(folder)/file") == "content")
            #expect(try readText("\(folder)/source") == "headcontenttail")
        }
    }

    @Test func aSourceThatEndsTooSoonLeavesNothing() throws {
        try withFolder { folder in
            try makeFile("\(folder)/source", "short")
            let source = try Descriptor.open("\(folder)/source", .readOnly)
            let outcome = try run([
                .copyFile("\(folder)/file", from: source.number, offset: 4, size: 7, mode: 0o755), shell("true"),
            ])
            #expect(outcome.failure?.number == ENODATA)
            #expect(try entries(of: folder) == ["source"])
        }
    }

    @Test func aFileThatCannotTakeItsPlaceLeavesNothingBeside() throws {
        try withFolder { folder in
            try makeDirectories("\(folder)/name/inner", mode: 0o755)
            let outcome = try run([.writeFile("\(folder)/name", Array("new".utf8), mode: 0o640), shell("true")])
            #expect(outcome.failure?.number == EISDIR)
            #expect(try entries(of: folder) == ["name"])
        }
    }

    @Test func limitsAndTheFileModeMaskHold() throws {
        let outcome = try run([
            .limit(.openFiles, soft: 20, hard: 30), .fileModeMask(0o027), shell("ulimit -Sn; ulimit -Hn; umask"),
        ])
        #expect(outcome.output == "20\n30\n0027\n")
    }

    @Test func signallingADeadChildIsFine() throws {
        let child = try WaitingChild()
        try child.kill()
        #expect(try child.wait() == .signal(9))
        try child.kill()
    }

    @Test(.enabled("dropping privileges needs root") { Privileges.isRoot })
    func aChildWithoutPrivilegesHasNone() throws {
        let outcome = try run([
            .keepBounding([]), .setIDs(uid: 12_345, gid: 23_456), .capabilities([], ambient: []),
            .processControl(ProcessControl.noNewPrivileges, 1),
            shell("grep -E '^(Uid|Gid|Groups|Cap|NoNewPrivs)' /proc/self/status", environment: ["PATH=/usr/bin:/bin"]),
        ])
        let none = "0000000000000000"
        #expect(
            outcome.output == """
                Uid:\t12345\t12345\t12345\t12345
                Gid:\t23456\t23456\t23456\t23456
                Groups:\t\u{20}
                CapInh:\t\(none)
                CapPrm:\t\(none)
                CapEff:\t\(none)
                CapBnd:\t\(none)
                CapAmb:\t\(none)
                NoNewPrivs:\t1

                """)
    }

    @Test(.enabled("making namespaces without id maps needs root") { Privileges.isRoot })
    func descriptorsReachAChildInNewNamespacesAndALateParentEndsIt() throws {
        let (ours, theirs) = try MessageSocket.pair(preservingBoundaries: false)
        let failures = try Descriptor.pipe()
        let child = try ChildProcess.clone(
            sandboxed: true, failures: failures.write,
            [.receiveDescriptors(socket: theirs.descriptor.number, count: 2), shell("true")])
        failures.write.closeNow()
        // One descriptor where two were promised.
        _ = try ours.send([1], descriptors: [failures.read])
        #expect(try ChildProcess.failure(from: failures.read) == .init(step: 0, number: ECANCELED))
        #expect(try child.wait() == .code(127))
    }
}
