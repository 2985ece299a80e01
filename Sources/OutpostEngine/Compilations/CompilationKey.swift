// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Crypto
import OutpostCore
import OutpostSandboxing

/// A digest of everything that a compilation depends on. Two compilations with the same key make the same program.
struct CompilationKey: Hashable, Sendable {
    let namespace: NamespaceName
    /// SHA-256, 64 hexadecimal digits.
    let digest: String

    /// Increases when the format of the entries or the inputs of the digest change.
    private static let version = 2

    /// - Parameters:
    ///   - compile: the compile step with all its files.
    ///   - output: absolute path of the compiled program in the sandbox.
    ///   - toolchain: identifies this build of the toolchain.
    ///   - image: name of the image.
    init(_ compile: ProgramSpec, output: String, toolchain: String, image: String, namespace: NamespaceName) {
        var fields = FieldDigest()
        fields.add(Self.version)
        fields.add(namespace.rawValue)
        fields.add(image)
        fields.add(toolchain)
        fields.add(output)
        fields.add(list: compile.arguments)
        fields.add(list: compile.environment.flatMap { [$0.name, $0.value] })
        fields.add(compile.workingDirectory)
        fields.add(Int(compile.user.uid))
        fields.add(Int(compile.user.gid))
        fields.add(compile.seccompEnabled ? 1 : 0)
        fields.add(compile.preset.rawValue)
        // The output limit decides how much of the compiler's messages is stored. A smaller disk may be too small for
        // the program.
        fields.add(compile.limits.maxOutputBytes)
        fields.add(compile.limits.diskMiB)
        fields.add(compile.files.count)
        for file in compile.files {
            fields.add(file.path)
            fields.add(Int(file.mode))
            fields.add(file.content)
        }
        self.namespace = namespace
        digest = fields.hexadecimalDigest()
    }
}

/// SHA-256 of a list of fields. Each field follows its length, and so two different lists never have the same bytes.
private struct FieldDigest {
    private var hash = SHA256()

    mutating func add(_ number: Int) {
        withUnsafeBytes(of: Int64(number).littleEndian) { hash.update(bufferPointer: $0) }
    }

    mutating func add(_ bytes: [UInt8]) {
        add(bytes.count)
        hash.update(data: bytes)
    }

    mutating func add(_ text: String) { add(Array(text.utf8)) }

    mutating func add(list: [String]) {
        add(list.count)
        for text in list { add(text) }
    }

    func hexadecimalDigest() -> String {
        hash.finalize().map { hexadecimal(UInt64($0), digits: 2) }.joined()
    }
}
