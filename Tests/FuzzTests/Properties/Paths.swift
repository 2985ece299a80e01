// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostLinux
import OutpostWire

@testable import OutpostConfinement
@testable import OutpostSpawner

func checkPaths(_ input: [UInt8]) throws -> Verdict {
    let text = String(decoding: input, as: UTF8.self)
    let bytes = Array(text.utf8)
    try checkComponents(text, bytes)
    try checkNames(text, bytes)
    let isFile = isAccepted(["command": ["true"], "files": [["path": .string(text), "content": ""]]])
    try promise(isFile == isFilePath(bytes), "as a file's path it is \(isFile ? "taken" : "refused")")
    let isDirectory = isAccepted(["command": ["true"], "working_dir": .string(text)])
    try promise(isDirectory == isDirectoryPath(bytes), "as a directory it is \(isDirectory ? "taken" : "refused")")
    // The steps name each directory on the way in full, so long paths would take the time of all others.
    let isShort = bytes.count <= 600
    if isFile, isShort { try checkFileSteps(text.isAbsolutePath ? text : "/workspace/\(text)") }
    if isDirectory, isShort { try checkDirectorySteps(text) }
    return isFile || isDirectory ? .accepted : .refused
}

private func isAccepted(_ body: JSONValue) -> Bool { (try? ExecutionRequest(request: body)) != nil }

private let noMasks = ProcMasks(proc: "/none")
private let slash = UInt8(ascii: "/")
private let parent = Array("..".utf8)

/// What lies between slashes, empty names included, byte by byte.
private func names(_ path: [UInt8]) -> [[UInt8]] {
    var names: [[UInt8]] = [[]]
    for byte in path {
        if byte == slash { names.append([]) } else { names[names.count - 1].append(byte) }
    }
    return names
}

private func isPath(_ path: [UInt8]) -> Bool {
    (1...4096).contains(path.count) && !path.contains(0)
        && names(path).allSatisfy { $0 != parent && $0.count <= 255 }
}

private func isDirectoryPath(_ path: [UInt8]) -> Bool { isPath(path) && path.first == slash }

private func isFilePath(_ path: [UInt8]) -> Bool {
    guard let name = names(path).last else { return false }
    return isPath(path) && !name.isEmpty && name != [UInt8(ascii: ".")]
}

private func checkComponents(_ text: String, _ bytes: [UInt8]) throws {
    let expected = names(bytes).filter { !$0.isEmpty }
    try promise(text.pathComponents.map(\.nameBytes) == expected, "it has other parts: \(text.pathComponents)")
    try promise(text.isAbsolutePath == bytes.starts(with: [slash]), "where it begins is taken wrongly")
}

/// Ids and names become parts of paths on the host, so nothing else may pass for one.
private func checkNames(_ text: String, _ bytes: [UInt8]) throws {
    let isID =
        bytes.starts(with: "sbx_".utf8) && bytes.count == 16
        && bytes.dropFirst(4).allSatisfy("0123456789abcdef".utf8.contains)
    try promise((SandboxID(text) != nil) == isID, "as a sandbox's id it is \(isID ? "refused" : "taken")")
    let isSealed =
        bytes.starts(with: "sld_".utf8) && bytes.count == 16
        && bytes.dropFirst(4).allSatisfy("0123456789abcdef".utf8.contains)
    try promise((SealedDiskID(text) != nil) == isSealed, "as a sealed disk it is \(isSealed ? "refused" : "taken")")
    let hyphen = UInt8(ascii: "-")
    let isNamespace =
        (1...39).contains(bytes.count) && bytes.first != hyphen && bytes.last != hyphen
        && bytes.allSatisfy("abcdefghijklmnopqrstuvwxyz0123456789-".utf8.contains)
    try promise((NamespaceName(text) != nil) == isNamespace, "as a namespace it is taken wrongly")
}

/// The agent gives each file one step, so that what it prepares grows no faster than what it was sent.
private func checkFileSteps(_ path: String) throws {
    let program = GuestProgram(
        process: 1, descriptors: 3, uid: 1000, gid: 1000, arguments: ["true"], environment: [], directory: "/",
        limits: [],
        filters: [])
    let file = StagedFiles.File(path: path, mode: 0o644, content: [])
    let steps = ProgramSteps(program, files: [file], descriptors: unopened).steps
    try promise(directories(steps[...]).isEmpty, "it makes \(directories(steps[...]))")
    let written: [String] = steps.compactMap { if case .writeFile(let path, _, _) = $0 { path } else { nil } }
    try promise(written.map(\.nameBytes) == [path.nameBytes], "it writes \(written)")
}

/// The spawner makes a working directory only after its root is the sandbox's, and below that.
private func checkDirectorySteps(_ path: String) throws {
    let request = LaunchRequest(
        slot: 0, tenant: "t", storage: .memory(bytes: 0, files: 0), hostname: "h", scratchBytes: 0,
        workingDirectory: path,
        owner: 1000, isRootReadOnly: true)
    let steps = SandboxLayout.steps(request, sync: 3, socket: 4, events: 15, null: 5, image: 6, masks: noMasks)
    guard let pivot = steps.firstIndex(of: .pivotRoot(SandboxLayout.root)) else {
        throw BrokenPromise("the root stays the spawner's")
    }
    let before = directories(steps[..<pivot])
    try promise(before.allSatisfy { $0.utf8.starts(with: "/stage/".utf8) }, "before the root is left: \(before)")
    let fixed = ["/root", "/home/sandbox"]
    let after = directories(steps[pivot...])
    try promise(Array(after.prefix(2)) == fixed, "it begins with \(after.prefix(2))")
    try checkWay(to: path.pathComponents[...], Array(after.dropFirst(2)))
}

private func directories(_ steps: ArraySlice<ChildStep>) -> [String] {
    steps.compactMap { if case .makeDirectory(let path, _, _, _) = $0 { path } else { nil } }
}

/// Each of `directories` is the one before it and one name more.
private func checkWay(to names: ArraySlice<String>, _ directories: [String]) throws {
    try promise(directories.count == names.count, "\(directories.count) directories for \(names.count) names")
    var way: [UInt8] = []
    for (name, directory) in zip(names, directories) {
        try promise(name.nameBytes != parent && !name.utf8.contains(0), "a name \(name)")
        way += [slash] + name.nameBytes
        try promise(directory.nameBytes == way, "it makes \(directory)")
    }
}
