// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing
import Testing

@testable import OutpostEngine

/// Two compilations have one key exactly when they are the same.
struct CompilationKeyTests {
    private struct Inputs {
        var compile = ProgramSpec(
            arguments: ["/usr/bin/cc", "-o", "/w/main"], environment: [.init(name: "A", value: "b")],
            workingDirectory: "/w", user: .sandbox, files: [SandboxFile(path: "/w/main.c", content: [1, 2])],
            limits: .shippedDefaults)
        var output = "/w/main"
        var toolchain = "cc 1"
        var image = "host"
        var namespace = NamespaceName.default

        var key: CompilationKey {
            CompilationKey(compile, output: output, toolchain: toolchain, image: image, namespace: namespace)
        }
    }

    private static let changes: [(String, @Sendable (inout Inputs) -> Void)] = [
        ("the command", { $0.compile.arguments[1] = "-c" }),
        ("where a word ends", { $0.compile.arguments = ["/usr/bin/cc", "-o/w/main"] }),
        ("a variable", { $0.compile.environment = [.init(name: "A", value: "c")] }),
        ("where a variable ends", { $0.compile.environment = [.init(name: "Ab", value: "")] }),
        ("a file's content", { $0.compile.files = [SandboxFile(path: "/w/main.c", content: [1, 3])] }),
        ("a file's path", { $0.compile.files = [SandboxFile(path: "/w/main.h", content: [1, 2])] }),
        (
            "a file's mode",
            { $0.compile.files = [SandboxFile(path: "/w/main.c", content: [1, 2], mode: 0o755)] }
        ),
        ("another file", { $0.compile.files.append(SandboxFile(path: "/w/a.h", content: [])) }),
        ("the directory", { $0.compile.workingDirectory = "/v" }),
        ("the user", { $0.compile.user = .root }),
        ("the preset", { $0.compile.preset = .strict }),
        ("the filter", { $0.compile.seccompEnabled = false }),
        ("the disk", { $0.compile.limits.diskMiB += 1 }),
        ("the kept output", { $0.compile.limits.maxOutputBytes += 1 }),
        ("where the program is", { $0.output = "/w/other" }),
        ("the toolchain", { $0.toolchain = "cc 2" }),
        ("the image", { $0.image = "other" }),
        ("the namespace", { $0.namespace = NamespaceName("other") ?? .default }),
    ]

    @Test func everyInputChangesTheKey() {
        let original = Inputs().key
        var digests: Set<String> = [original.digest]
        for (name, change) in Self.changes {
            var inputs = Inputs()
            change(&inputs)
            #expect(digests.insert(inputs.key.digest).inserted, "\(name) makes no difference")
        }
    }

    @Test func theSameInputsHaveTheSameKeyWhateverTheLimitsOfTheCompiler() {
        var inputs = Inputs()
        inputs.compile.limits.memoryMiB += 1
        inputs.compile.limits.timeoutMilliseconds += 1
        #expect(inputs.key == Inputs().key)
        #expect(inputs.key.digest.count == 64)
    }
}
