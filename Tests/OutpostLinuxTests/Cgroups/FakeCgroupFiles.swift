// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import Synchronization

/// Hierarchies in memory that answer as the kernel does: files appear with their directory, limits read back as they are
/// kept, and a cgroup with processes or children cannot be removed.
final class FakeCgroupFiles: CgroupFiles {
    struct State {
        /// Files by directory.
        var directories: [String: [String: String]] = [:]
        var processes: [String: [Int32]] = [:]
        /// Mount points of version 1 hierarchies, with their controllers.
        var legacy: [String: [String]] = [:]
        /// Every operation that succeeded, but looking.
        var log: [String] = []
        /// Operations until one fails with EIO.
        var operationsUntilFailure: Int?
        var failures: [String: Int32] = [:]
        /// What the kernel keeps in place of what is written, by file name.
        var kept: [String: String] = [:]
        /// Lists of processes that are read one after the other, the last one again and again.
        var processLists: [[Int32]] = []
        var accountsSwap = true
    }

    private let state: Mutex<State>

    init(unified: String? = nil, legacy: [String: [String]] = [:], accountsSwap: Bool = true) {
        var state = State()
        state.accountsSwap = accountsSwap
        state.legacy = legacy
        for mount in legacy.keys { state.directories[mount] = ["cgroup.procs": ""] }
        if let unified {
            state.directories[unified] = ["cgroup.controllers": "cpu io memory pids", "cgroup.subtree_control": ""]
        }
        self.state = Mutex(state)
    }

    /// Sets up what the kernel is to do, or looks at what it did.
    func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }

    var log: [String] { state.withLock { $0.log } }

    /// The writes alone, without their directories.
    var writes: [String] {
        log.compactMap { line in
            guard line.hasPrefix("write ") else { return nil }
            return line.split(separator: "/").last.map(String.init)
        }
    }

    func has(_ path: String) -> Bool { state.withLock { $0.directories[path] != nil } }

    func value(_ path: String) -> String? { state.withLock { $0[path] } }

    func set(_ path: String, _ text: String) { state.withLock { $0[path] = text } }

    func makeDirectory(_ path: String) throws(SystemError) {
        try perform("mkdir \(path)", path) { state in
            guard state.directories[path] == nil else { return 17 }
            guard let parent = state.directories[parent(of: path)] else { return 2 }
            state.directories[path] = state.files(of: path, below: parent)
            return 0
        }
    }

    func write(_ path: String, _ text: String) throws(SystemError) {
        try perform("write \(path) \(text)", path) { $0.write(path, text) }
    }

    func read(_ path: String) throws(SystemError) -> String {
        var result = ""
        try perform("read \(path)", path) { state in
            guard let text = state.read(path) else { return 2 }
            result = text
            return 0
        }
        return result
    }

    func exists(_ path: String) -> Bool {
        state.withLock { $0.directories[path] != nil || $0[path] != nil }
    }

    func removeDirectory(_ path: String) throws(SystemError) {
        try perform("rmdir \(path)", path) { state in
            guard state.directories[path] != nil else { return 2 }
            let hasChildren = state.directories.keys.contains { $0.hasPrefix(path + "/") }
            guard !hasChildren, state.processes[path, default: []].isEmpty else { return 16 }
            state.directories[path] = nil
            return 0
        }
    }

    func directories(in path: String) throws(SystemError) -> [String] {
        state.withLock { state in
            state.directories.keys.filter { parent(of: $0) == path }.map { String($0.dropFirst(path.count + 1)) }
                .sorted()
        }
    }

    func open(_ path: String, _ flags: OpenFlags) throws(SystemError) -> Descriptor {
        try perform("open \(path)", path) { $0[path] == nil ? 2 : 0 }
        return try Descriptor.open("/dev/null", flags)
    }

    private func perform(_ line: String, _ path: String, _ body: (inout State) -> Int32) throws(SystemError) {
        let number = state.withLock { state -> Int32 in
            if let left = state.operationsUntilFailure {
                state.operationsUntilFailure = left == 0 ? nil : left - 1
                if left == 0 { return 5 }
            }
            if let failure = state.failures[fileName(path)] { return failure }
            let number = body(&state)
            if number == 0 { state.log.append(line) }
            return number
        }
        if number != 0 { throw SystemError(line, path: path, number: number) }
    }
}

func parent(of path: String) -> String { path.split(separator: "/").dropLast().map { "/" + $0 }.joined() }

func fileName(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? "" }
