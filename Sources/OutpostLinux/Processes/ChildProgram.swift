// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpost
import Glibc
import OutpostCore

/// The steps of a child as C structures. The child reads them without allocating memory.
struct ChildProgram: ~Copyable {
    private var allocations: [UnsafeMutableRawPointer] = []
    private var operations: [outpost_op] = []

    init(_ steps: [ChildStep]) {
        operations.reserveCapacity(steps.count)
        for step in steps { operations.append(translate(step)) }
    }

    deinit {
        for allocation in allocations { free(allocation) }
    }

    borrowing func withOperations<Result>(_ body: (UnsafePointer<outpost_op>, Int) -> Result) -> Result? {
        operations.withUnsafeBufferPointer { buffer in
            buffer.baseAddress.map { body($0, buffer.count) }
        }
    }

    private mutating func copy(_ text: String) -> UnsafePointer<CChar>? {
        guard let pointer = strdup(text) else { return nil }
        allocations.append(pointer)
        return UnsafePointer(pointer)
    }

    private mutating func copy(_ bytes: [UInt8]) -> UnsafeRawPointer? {
        guard let pointer = malloc(max(1, bytes.count)) else { return nil }
        allocations.append(pointer)
        bytes.withUnsafeBytes {
            pointer.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(pointer), byteCount: $0.count)
        }
        return UnsafeRawPointer(pointer)
    }

    private mutating func copy(list: [String]) -> UnsafePointer<UnsafeMutablePointer<CChar>?>? {
        let stride = MemoryLayout<UnsafeMutablePointer<CChar>?>.stride
        guard let raw = malloc((list.count + 1) * stride) else { return nil }
        allocations.append(raw)
        let pointers = raw.bindMemory(to: UnsafeMutablePointer<CChar>?.self, capacity: list.count + 1)
        for (index, text) in list.enumerated() { pointers[index] = UnsafeMutablePointer(mutating: copy(text)) }
        pointers[list.count] = nil
        return UnsafePointer(pointers)
    }

    private func make(
        _ kind: outpost_op_kind, fd: Int32 = -1, value: UInt64 = 0, extra: UInt64 = 0
    ) -> outpost_op {
        var operation = outpost_op()
        operation.kind = Int32(kind.rawValue)
        operation.fd = fd
        operation.value = value
        operation.extra = extra
        return operation
    }

    private mutating func make(_ kind: outpost_op_kind, fd: Int32 = -1, path: String, value: UInt64 = 0) -> outpost_op {
        var operation = make(kind, fd: fd, value: value)
        operation.b = copy(path)
        return operation
    }

    private mutating func make(_ kind: outpost_op_kind, fd: Int32 = -1, bytes: [UInt8]) -> outpost_op {
        var operation = make(kind, fd: fd)
        operation.data = copy(bytes)
        operation.size = bytes.count
        return operation
    }

    /// The path of a temporary file in the directory of `path`. The name is random, because another run can write the same
    /// file at the same time.
    private func draft(of path: String) -> String {
        let directory = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path[...$0] } ?? ""
        return "\(directory).outpost-\(randomSuffix())"
    }

    /// Returns 16 random hexadecimal digits. All suffixes have one length, so the size of packed steps depends on the steps alone.
    private func randomSuffix() -> String { hexadecimal(UInt64.random(in: 0...UInt64.max), digits: 16) }

    private mutating func translate(_ step: ChildStep) -> outpost_op {
        switch step {
        case .receiveDescriptors(let socket, let count):
            return make(OUTPOST_OP_RECEIVE_FDS, fd: socket, value: UInt64(count))
        case .actAs(let uid, let gid, let owner):
            return make(OUTPOST_OP_SET_IDS, fd: Int32(owner), value: UInt64(uid), extra: UInt64(gid))
        case .setIDs(let uid, let gid): return make(OUTPOST_OP_SET_IDS, value: UInt64(uid), extra: UInt64(gid))
        case .mount(let source, let target, let type, let options, let flags):
            var operation = make(OUTPOST_OP_MOUNT, path: target, value: flags)
            operation.a = copy(source)
            operation.c = copy(type)
            operation.data = UnsafeRawPointer(copy(options))
            return operation
        case .moveMount(let position, let target, let isOptional):
            var operation = make(OUTPOST_OP_MOVE_MOUNT, fd: OUTPOST_FD_RECEIVED | Int32(position), path: target)
            operation.extra = isOptional ? 1 : 0
            return operation
        case .hideCgroup(let path, let device):
            var operation = make(OUTPOST_OP_CALL, path: path, value: device)
            operation.call = performHideCgroup
            return operation
        case .attach(let descriptor, let target):
            var operation = make(OUTPOST_OP_MOVE_MOUNT, fd: descriptor, path: target)
            operation.extra = 1
            return operation
        case .restrictMount(let path, let attributes):
            return make(OUTPOST_OP_RESTRICT_MOUNT, path: path, value: attributes)
        case .cover(let descriptor, let place):
            var operation = make(OUTPOST_OP_MOVE_MOUNT, fd: descriptor, path: "", value: UInt64(place))
            operation.extra = 2
            return operation
        case .bind(let source, let target, let attributes, let isOptional):
            var operation = make(OUTPOST_OP_BIND, fd: isOptional ? 1 : -1, path: target, value: attributes)
            operation.a = copy(source)
            return operation
        case .makeDirectory(let path, let mode, let owner, let isOptional):
            var operation = make(OUTPOST_OP_MKDIR, fd: isOptional ? 1 : -1, path: path, value: UInt64(mode))
            operation.extra = owner.map { UInt64($0) + 1 } ?? 0
            return operation
        case .writeFile(let path, let content, let mode):
            var operation = make(OUTPOST_OP_WRITE_FILE, bytes: content)
            operation.b = copy(path)
            operation.c = copy(draft(of: path))
            operation.value = UInt64(mode)
            return operation
        case .copyFile(let path, let source, let offset, let size, let mode):
            var operation = make(OUTPOST_OP_COPY_FILE, fd: source, path: path, value: UInt64(mode))
            operation.c = copy(draft(of: path))
            operation.extra = offset
            operation.size = Int(clamping: size)
            return operation
        case .writeSetting(let path, let value, let isOptional):
            var operation = make(OUTPOST_OP_WRITE_SETTING, fd: isOptional ? 1 : -1, bytes: Array(value.utf8))
            operation.b = copy(path)
            return operation
        case .removeFile(let path): return make(OUTPOST_OP_UNLINK, path: path)
        case .clearRunFolder(let folder):
            var operation = make(OUTPOST_OP_CALL, path: folder.root)
            operation.call = performClearRunFolder
            return operation
        case .moveAside(let path):
            var operation = make(OUTPOST_OP_MOVE_ASIDE, path: path)
            operation.c = copy("\(path)-left-\(randomSuffix())")
            return operation
        case .linkEntries(let directory, let own, let prefix, let most):
            var operation = make(OUTPOST_OP_LINK_ENTRIES, path: own, value: UInt64(most))
            operation.a = copy(directory.hasSuffix("/") ? directory : directory + "/")
            operation.c = prefix.flatMap { copy($0) }
            return operation
        case .setMode(let path, let mode): return make(OUTPOST_OP_CHMOD, path: path, value: UInt64(mode))
        case .pivotRoot(let path): return make(OUTPOST_OP_PIVOT_ROOT, path: path)
        case .changeDirectory(let path): return make(OUTPOST_OP_CHDIR, path: path)
        case .setHostname(let name): return make(OUTPOST_OP_SET_HOSTNAME, bytes: Array(name.utf8))
        case .loopbackUp: return make(OUTPOST_OP_LOOPBACK_UP)
        default: return translatePrivileges(step)
        }
    }

    private mutating func translatePrivileges(_ step: ChildStep) -> outpost_op {
        switch step {
        case .unshare(let flags): return make(OUTPOST_OP_UNSHARE, value: flags)
        case .enterNamespace(let descriptor): return make(OUTPOST_OP_SETNS, fd: descriptor)
        case .synchronize(let mount): return make(OUTPOST_OP_SYNC_MOUNT, fd: mount)
        case .makeReadOnly(let mount): return make(OUTPOST_OP_READ_ONLY_MOUNT, fd: mount)
        case .shareLock(let file): return make(OUTPOST_OP_SHARE_LOCK, fd: file)
        case .exit(let code): return make(OUTPOST_OP_EXIT, value: UInt64(code))
        case .limit(let resource, let soft, let hard):
            return make(OUTPOST_OP_RLIMIT, fd: resource.rawValue, value: soft, extra: hard)
        case .processControl(let option, let value): return make(OUTPOST_OP_PRCTL, fd: option, value: value)
        case .setAffinity(let processors):
            return make(OUTPOST_OP_AFFINITY, bytes: processors.words.withUnsafeBytes { Array($0) })
        case .keepBounding(let set): return make(OUTPOST_OP_KEEP_BOUNDING, value: set.rawValue)
        case .capabilities(let set, let ambient):
            return make(OUTPOST_OP_CAPABILITIES, value: set.rawValue, extra: ambient.rawValue)
        case .seccomp(let filter): return make(OUTPOST_OP_SECCOMP, bytes: filter)
        case .duplicate(let from, let to): return make(OUTPOST_OP_DUP, fd: from, value: UInt64(to))
        case .closeFrom(let first, let atOnce):
            return make(OUTPOST_OP_CLOSE_FROM, value: UInt64(first), extra: atOnce ? 1 : 0)
        case .newSession: return make(OUTPOST_OP_SETSID)
        case .setControllingTerminal:
            var operation = make(OUTPOST_OP_CALL)
            operation.call = performSetControllingTerminal
            return operation
        case .signal(let number, let target):
            var operation = make(OUTPOST_OP_CALL, fd: number, value: UInt64(UInt32(bitPattern: target)))
            operation.call = performSignal
            return operation
        case .fileModeMask(let mask): return make(OUTPOST_OP_UMASK, value: UInt64(mask))
        case .write(let descriptor, let bytes): return make(OUTPOST_OP_WRITE_FD, fd: descriptor, bytes: bytes)
        case .execute(let program, let searchPath, let arguments, let environment):
            var operation = make(OUTPOST_OP_EXEC)
            operation.a = copy(program)
            operation.b = searchPath.flatMap { copy($0) }
            operation.argv = copy(list: arguments)
            operation.envp = copy(list: environment)
            return operation
        case .executeDescriptor(let fd, let arguments, let environment):
            var operation = make(OUTPOST_OP_EXEC_FD, fd: fd)
            operation.argv = copy(list: arguments)
            operation.envp = copy(list: environment)
            return operation
        default: return make(OUTPOST_OP_EXIT, value: 125)
        }
    }
}
