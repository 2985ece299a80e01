// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing

/// A program of the conformance suite that runs in this process, on the reactor.
@Reactor
final class MemoryProcess: RunningProcess {
    private enum Work {
        case put(LiveOutput.Stream, [UInt8])
        case end(ProcessExit.End)
    }

    private let program: ProgramSpec
    private weak var sandbox: MemorySandbox?
    private var listener: (any ProcessListener)?
    private var work: [Work] = []
    private var stopped: Set<LiveOutput.Stream> = []
    private var input: [UInt8]
    private var inputHasEnded: Bool
    private let startedAt = monotonicNanoseconds()
    private var usage = ProcessUsage()
    private var isOutOfMemory = false
    private var end: ProcessExit.End?
    private var waiter: CheckedContinuation<Void, Never>?

    init(_ program: ProgramSpec, in sandbox: MemorySandbox, _ listener: any ProcessListener) {
        self.program = program
        self.sandbox = sandbox
        self.listener = listener
        input = program.stdin
        inputHasEnded = !program.isInputOpen
    }

    private var name: String { program.arguments.first ?? "" }

    private func number(_ position: Int) -> Int {
        program.arguments.indices.contains(position) ? Int(program.arguments[position]) ?? 0 : 0
    }

    /// Starts the command, after the caller has finished.
    func begin() {
        if let failure = writeFiles() ?? enter() { return later([.end(.refused(failure))]) }
        if Self.known.contains(name), let listener, listener.isFollowing {
            Reactor.perform { listener.started(pid: nil) }
        }
        switch name {
        case "exit": later([.end(.exited(Int32(number(1))))])
        case "die": later([.end(.signalled(Int32(number(1))))])
        case "write":
            let pattern = ConformanceProgram.pattern
            later([.put(.stdout, pattern(number(1))), .put(.stderr, pattern(number(2))), .end(.exited(0))])
        case "alternate":
            later(
                (0..<number(1)).flatMap { _ in [Work.put(.stdout, [111]), .put(.stderr, [101])] } + [.end(.exited(0))])
        case "show": later([.put(.stdout, sandbox?.tree.nodes[program.arguments[1]]?.content ?? []), .end(.exited(0))])
        case "fill": fill(UInt64(number(1)) << 20)
        case "obey": later([.put(.stdout, Array("ready".utf8))])
        case "echo", "read": later([])
        case "wait", "spin": return
        default: later([.end(.refused(StartFailure(.execute, errno: SystemError.notFound)))])
        }
    }

    private static let known: Set = [
        "exit", "die", "write", "alternate", "show", "fill", "obey", "echo", "read", "wait", "spin",
    ]

    private func later(_ work: [Work]) {
        self.work += work
        Reactor.perform { self.proceed() }
    }

    private func writeFiles() -> StartFailure? {
        for (position, file) in program.files.enumerated() {
            guard !file.path.utf8.starts(with: "/proc/".utf8) else {
                return StartFailure(.file(position: position), errno: SystemError.notFound, detail: "write the file")
            }
            sandbox?.tree.put(file)
        }
        return nil
    }

    private func enter() -> StartFailure? {
        program.workingDirectory == "/workspace"
            ? nil : StartFailure(.directory, errno: SystemError.notADirectory, detail: "enter")
    }

    private func fill(_ bytes: UInt64) {
        let limit = UInt64(program.limits.memoryMiB) << 20
        usage.memoryPeakBytes = min(bytes, limit)
        isOutOfMemory = bytes > limit
        if isOutOfMemory { usage.memoryKills = 1 }
        later([.end(isOutOfMemory ? .signalled(SignalNumber.kill) : .exited(0))])
    }

    private func proceed() {
        takeInput()
        while end == nil, let index = work.firstIndex(where: { isPossible($0) }) {
            switch work.remove(at: index) {
            case .put(let stream, let bytes): put(bytes, to: stream, at: index)
            case .end(let end): return finish(end)
            }
        }
    }

    /// Whether this work may be done now. The output of a stream keeps its order, and the end comes last.
    private func isPossible(_ next: Work) -> Bool {
        switch next {
        case .put(let stream, _): !stopped.contains(stream)
        case .end: work.count == 1
        }
    }

    private func put(_ bytes: [UInt8], to stream: LiveOutput.Stream, at index: Int) {
        guard !bytes.isEmpty else { return }
        let part = Array(bytes.prefix(65_536))
        if bytes.count > part.count { work.insert(.put(stream, Array(bytes.dropFirst(part.count))), at: index) }
        if listener?.took(part, of: stream) == false { stopped.insert(stream) }
    }

    private func takeInput() {
        switch name {
        case "echo":
            if !input.isEmpty { work.append(.put(.stdout, input)) }
            input = []
            if inputHasEnded, !work.contains(where: { if case .end = $0 { true } else { false } }) {
                work.append(.end(.exited(0)))
            }
        case "read" where inputHasEnded && work.isEmpty:
            work.append(.end(.exited(input == ConformanceProgram.pattern(number(1)) ? 0 : 1)))
        default: return
        }
    }

    private func finish(_ end: ProcessExit.End) {
        guard self.end == nil else { return }
        self.end = end
        if name == "spin" { usage.cpuMicroseconds = cpuMicroseconds }
        listener?.ended()
        waiter?.resume()
        waiter = nil
    }

    private var cpuMicroseconds: UInt64 { name == "spin" ? (monotonicNanoseconds() - startedAt) / 1000 : 0 }

    func resume(_ stream: LiveOutput.Stream) {
        stopped.remove(stream)
        Reactor.perform { self.proceed() }
    }

    func write(_ bytes: [UInt8]) {
        input += bytes
        Reactor.perform { self.proceed() }
    }

    func whenInputIsTaken(_ action: @escaping @Reactor () -> Void) { action() }

    func closeInput() {
        inputHasEnded = true
        Reactor.perform { self.proceed() }
    }

    func signal(_ number: Int32, group: Bool) {
        let isAwaited = name == "obey" && Int32(self.number(1)) == number
        Reactor.perform { self.finish(isAwaited ? .exited(42) : .signalled(number)) }
    }

    func resize(_ size: ProcessTerminal) {}

    func kill() { Reactor.perform { self.finish(.signalled(SignalNumber.kill)) } }

    /// Ends the process, because its sandbox has ended.
    func lose() { finish(.lost) }

    func meter(_ counters: ProcessMeter.Counters) {
        let meter = ProcessMeter(
            cpuMicroseconds: cpuMicroseconds, stallMicroseconds: counters.contains(.stall) ? 0 : nil,
            memoryPeakBytes: counters.contains(.memory) ? usage.memoryPeakBytes : nil)
        Reactor.perform { self.listener?.used(meter) }
    }

    func wait() async -> Result<ProcessExit, OutpostError> {
        if end == nil { await withCheckedContinuation { waiter = $0 } }
        listener = nil
        return .success(ProcessExit(end ?? .lost, isOutOfMemory: isOutOfMemory, usage: usage))
    }
}
