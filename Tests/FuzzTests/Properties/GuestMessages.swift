// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import OutpostWire

@testable import OutpostConfinement

func checkGuestEvents(_ input: [UInt8]) throws -> Verdict {
    var verdict = Verdict.refused
    for frame in try checkedFrames(input) {
        guard let event = try? GuestEvent(frame) else { continue }
        verdict = .accepted
        try promise(event.frame == frame, "\(event) has another frame than it came in")
        try checkExtent(of: frame) { _ = try GuestEvent($0) }
        switch event {
        case .hello, .refused, .started, .used, .stream, .failed: break
        case .exited(_, let code): try promise((0...255).contains(code), "\(event)")
        case .signalled(_, let signal): try promise((1...64).contains(signal), "\(event)")
        }
    }
    return verdict
}

func checkGuestRequests(_ input: [UInt8]) throws -> Verdict {
    var verdict = Verdict.refused
    var staging = StagingCheck()
    for frame in try checkedFrames(input) {
        guard let request = try? GuestRequest(frame) else { continue }
        verdict = .accepted
        try promise(request.frame == frame, "\(request) has another frame than it came in")
        try checkExtent(of: frame) { _ = try GuestRequest($0) }
        switch request {
        case .stage(let process, let path, let mode, let part): staging.append(process, path, mode, part)
        case .hello, .signal, .resize, .stream, .setClock, .addEntropy, .shutDown: break
        case .start(let program): try checkSteps(program, files: try staging.take(program.process))
        }
    }
    return verdict
}

/// A message ends where its frame does: neither less nor more of it is one.
private func checkExtent(of frame: Frame, _ decode: (Frame) throws -> Void) throws {
    // Data is whatever bytes there are, and nothing cannot be shorter.
    if frame.type == 2 || frame.payload.isEmpty { return }
    let longer = Frame(type: frame.type, subject: frame.subject, payload: frame.payload + [0])
    let shorter = Frame(type: frame.type, subject: frame.subject, payload: frame.payload.dropLast())
    for other in [longer, shorter] {
        guard (try? decode(other)) != nil else { continue }
        throw BrokenPromise("with \(other.payload.count) bytes in place of \(frame.payload.count) it is a message too")
    }
}

/// The agent's staging beside a plain list of what was sent.
private struct StagingCheck {
    private var staging = StagedFiles()
    private var sent: [(process: UInt32, path: String, part: [UInt8])] = []

    mutating func append(_ process: UInt32, _ path: String, _ mode: UInt32, _ part: [UInt8]) {
        staging.append(process: process, path: path, mode: mode, part: part)
        sent.append((process, path, part))
    }

    mutating func take(_ process: UInt32) throws -> [StagedFiles.File] {
        let files = staging.removeFiles(of: process)
        let parts = sent.filter { $0.process == process }
        sent.removeAll { $0.process == process }
        try promise(files.flatMap(\.content) == parts.flatMap(\.part), "staging lost or moved content")
        let paths = parts.map { Array($0.path.utf8) }.reduce(into: [[UInt8]]()) { paths, path in
            if paths.last != path { paths.append(path) }
        }
        try promise(files.map { Array($0.path.utf8) } == paths, "staging made other files than were sent")
        try promise(staging.removeFiles(of: process).isEmpty, "files were taken twice")
        return files
    }
}

/// Whatever the program: nothing of the user's happens before privileges are dropped, and nothing after the filters.
private func checkSteps(_ program: GuestProgram, files: [StagedFiles.File]) throws {
    let steps = ProgramSteps(program, files: files, descriptors: unopened).steps
    guard let drop = steps.firstIndex(of: .capabilities([], ambient: [])), drop > 0,
        steps[drop - 1] == .setIDs(uid: program.uid, gid: program.gid),
        let newPrivileges = steps.lastIndex(of: .processControl(ProcessControl.noNewPrivileges, 1))
    else { throw BrokenPromise("privileges stay") }
    for (position, step) in steps.enumerated() {
        switch step {
        case .makeDirectory, .writeFile, .changeDirectory:
            try promise(drop < position && position < newPrivileges, "\(step.label) at \(position)")
        case .seccomp: try promise(newPrivileges < position, "a filter at \(position)")
        case .execute: try promise(position == steps.count - 1, "execution at \(position)")
        default: try promise(position <= newPrivileges, "\(step.label) at \(position)")
        }
    }
    let filters = steps.compactMap { if case .seccomp(let filter) = $0 { filter } else { nil } }
    try promise(filters == program.filters, "filters are missing")
}

/// Numbers for steps that nobody carries out.
let unopened = Array(Int32(1000)..<1005)
