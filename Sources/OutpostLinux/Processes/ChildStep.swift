// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// One step of a child between clone and exec. Steps are data: Swift decides them and tests them, and C only runs them.
///
/// The child ends at the first step that fails, unless the step says otherwise. A step that "runs Swift in the child" is
/// safe only if the parent has one thread at the clone.
public enum ChildStep: Sendable, Hashable {
    /// Waits for one byte with exactly `count` descriptors. Later steps name them by position.
    case receiveDescriptors(socket: Int32, count: Int)
    /// Clears the supplementary groups, then sets all three gids and all three uids.
    case setIDs(uid: UInt32, gid: UInt32)
    /// Sets the effective ids, with which files and sockets are made and used. The real and saved uid stay `owner`, so
    /// processes with these ids can neither signal nor trace this one (kill(2), ptrace(2)). An exec makes the effective ids
    /// the saved ones (execve(2)); the new program must set the saved ids back.
    case actAs(uid: UInt32, gid: UInt32, owner: UInt32)
    /// Mounts a file system (mount(2)).
    case mount(source: String, target: String, type: String, options: String, flags: UInt64)
    /// Attaches the detached mount that was received at `position`. An optional mount may fail: only programs that need it
    /// are affected.
    case moveMount(position: Int, target: String, isOptional: Bool = false)
    /// Unmounts the cgroup file system at the path and the copies over it, if they are there. Runs Swift in the child.
    ///
    /// - Parameter device: the device number of the copies' file system.
    case hideCgroup(String, device: UInt64)
    /// Attaches the detached mount of this descriptor. It may fail: only programs that need the mount are affected.
    case attach(Int32, target: String)
    /// Attaches the detached mount of this descriptor over the mount of another descriptor. Does nothing if that one is not
    /// attached.
    case cover(Int32, over: Int32)
    /// Bind-mounts `source` at `target` and sets `attributes` on the new mount. An optional mount may fail.
    case bind(source: String, target: String, attributes: UInt64, isOptional: Bool = false)
    /// Sets `attributes` on the mount at the path.
    case restrictMount(String, attributes: UInt64)
    /// Makes a directory, with `owner` as uid and gid. An existing directory is not changed. An optional directory may fail:
    /// the step that needs it fails with its own error.
    case makeDirectory(String, mode: UInt32, owner: UInt32? = nil, isOptional: Bool = false)
    /// Replaces the entry at the path with a new regular file, and never follows a link there. Makes missing parent
    /// directories with mode 0755.
    case writeFile(String, [UInt8], mode: UInt32)
    /// Does the same as `writeFile`, with a part of an open file as content. Closes that file.
    case copyFile(String, from: Int32, offset: UInt64, size: UInt64, mode: UInt32)
    /// Writes to a kernel file, such as one below /proc/sys. An optional file may be missing, because some kernels are built
    /// without it.
    case writeSetting(String, String, isOptional: Bool = false)
    /// Removes a file.
    case removeFile(String)
    /// Removes or renames the entry at the root of a run's folder. Runs Swift in the child.
    case clearRunFolder(RunFolder)
    /// Renames the entry at the path to `PATH-left-NUMBER`. A missing entry is no error.
    case moveAside(String)
    /// Makes a symbolic link in the directory `in` to each entry of the directory `of`, at most `most`. Skips names that
    /// exist in `in`, names with the prefix `except`, and entries that cannot be linked.
    case linkEntries(of: String, in: String, except: String?, most: Int)
    /// Sets permissions, independent of the file mode mask.
    case setMode(String, UInt32)
    /// Makes the directory the root, and unmounts the old root.
    case pivotRoot(String)
    /// Sets the working directory.
    case changeDirectory(String)
    /// Sets the host name of the uts namespace.
    case setHostname(String)
    /// Brings up the loopback device of the network namespace.
    case loopbackUp
    /// Moves the process into new namespaces (unshare(2)).
    case unshare(UInt64)
    /// Moves the process into the namespace of this descriptor (setns(2)).
    case enterNamespace(Int32)
    /// Ends the process with this exit code.
    case exit(Int32)
    /// Sets a resource limit (setrlimit(2)).
    case limit(ResourceLimit, soft: UInt64, hard: UInt64)
    /// Calls prctl(2) with an option and one argument.
    case processControl(Int32, UInt64)
    /// Sets the CPU affinity (sched_setaffinity(2)). A failure is ignored, because the CPU quota limits the program in any
    /// case.
    case setAffinity(ProcessorSet)
    /// Drops all other capabilities from the bounding set.
    case keepBounding(Capabilities)
    /// Sets the permitted and effective capabilities to the first set, and the inheritable and ambient ones to `ambient`.
    case capabilities(Capabilities, ambient: Capabilities)
    /// Installs a classic BPF program as seccomp filter.
    case seccomp([UInt8])
    /// Makes the descriptor `to` a duplicate of the first one (dup2(2)).
    case duplicate(Int32, to: Int32)
    /// Marks all descriptors from this number on as close-on-exec, or closes them at once.
    case closeFrom(UInt32, atOnce: Bool = false)
    /// Starts a new session (setsid(2)).
    case newSession
    /// Makes the standard input the controlling terminal. Runs Swift in the child.
    case setControllingTerminal
    /// Sends a signal to a process; a negative number means its process group (kill(2)). Runs Swift in the child.
    case signal(Int32, to: Int32)
    /// Sets the file mode mask (umask(2)).
    case fileModeMask(UInt32)
    /// Writes all bytes to a descriptor.
    case write(descriptor: Int32, [UInt8])
    /// Writes the file system of a mount to the disk (syncfs(2)).
    case synchronize(mount: Int32)
    /// Makes the file system of a mount read-only. It has written everything then and never writes again.
    case makeReadOnly(mount: Int32)
    /// Turns the exclusive lock of an open file into a shared one.
    case shareLock(Int32)
    /// Executes a program. A name without a slash is looked up in `searchPath`.
    case execute(String, searchPath: String?, arguments: [String], environment: [String])
    /// Executes the file of a descriptor.
    case executeDescriptor(Int32, arguments: [String], environment: [String])

    /// The step and its path for error messages, as a verb that completes "cannot …". It has no file content.
    public var label: String {
        switch self {
        case .mount(let source, let target, "", _, _): "bind \(source) on \(target)"
        case .mount(_, let target, let type, _, _): "mount \(type) on \(target)"
        case .hideCgroup(let path, _): "hide the cgroups at \(path)"
        case .setAffinity(let processors): "run on the processors \(processors.list)"
        case .moveMount(_, let target, _), .attach(_, let target): "attach the mount at \(target)"
        case .cover: "cover a mount"
        case .bind(let source, let target, _, _): "bind \(source) on \(target)"
        case .makeDirectory(let path, _, _, _): "make the directory \(path)"
        case .writeFile(let path, _, _), .copyFile(let path, _, _, _, _): "write the file \(path)"
        case .writeSetting(let path, let value, _): "write \(value) to \(path)"
        case .removeFile(let path): "remove the file \(path)"
        case .clearRunFolder(let folder): "remove the old folder \(folder.root)"
        case .moveAside(let path): "move \(path) aside"
        case .linkEntries(let directory, let own, _, _): "link the entries of \(directory) in \(own)"
        case .setMode(let path, _): "set the permissions of \(path)"
        case .changeDirectory(let path): "enter the directory \(path)"
        case .execute(let program, _, _, _): "execute \(program)"
        case .closeFrom(let first, _): "close the descriptors from \(first) on"
        case .seccomp: "install the seccomp filter"
        case .write(let descriptor, _): "write to descriptor \(descriptor)"
        case .restrictMount(let path, _): "restrict the mount at \(path)"
        case .pivotRoot(let path): "make \(path) the root"
        case .unshare(let flags): "make the namespaces \(flags)"
        case .enterNamespace(let descriptor): "enter the namespace of descriptor \(descriptor)"
        case .setHostname(let name): "set the host name \(name)"
        case .loopbackUp: "bring up the loopback device"
        default: processLabel
        }
    }

    /// `label` for steps that change the process itself.
    private var processLabel: String {
        switch self {
        case .receiveDescriptors(_, let count): "receive \(count) descriptors"
        case .setIDs(let uid, let gid), .actAs(let uid, let gid, _): "set the ids to uid \(uid) and gid \(gid)"
        case .limit(let resource, let soft, _): "set the limit \(resource) to \(soft)"
        case .processControl(let option, _): "set the option \(option) of prctl"
        case .keepBounding: "drop capabilities from the bounding set"
        case .capabilities: "set the capabilities"
        case .duplicate(let from, let to): "duplicate descriptor \(from) to \(to)"
        case .newSession: "start a session"
        case .setControllingTerminal: "set the controlling terminal"
        case .signal(let number, let target): "send signal \(number) to \(target)"
        case .fileModeMask: "set the file mode mask"
        case .synchronize: "write a file system to the disk"
        case .makeReadOnly: "make a file system read-only"
        case .shareLock: "share the lock of a file"
        case .executeDescriptor(let descriptor, _, _): "execute descriptor \(descriptor)"
        default: String(describing: self)
        }
    }
}

/// A limit of setrlimit(2).
public enum ResourceLimit: Int32, Sendable {
    // The numbers of asm-generic/resource.h.
    case cpuSeconds = 0
    case fileSize = 1
    case stack = 3
    case coreSize = 4
    case processes = 6
    case openFiles = 7
    case lockedMemory = 8
    case addressSpace = 9
    case pendingSignals = 11
    case messageQueueBytes = 12
    case nice = 13
    case realTimePriority = 14
}

/// A set of capabilities (capabilities(7)).
public struct Capabilities: OptionSet, Sendable, Hashable {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    // The numbers of linux/capability.h.
    public static let kill = Capabilities(rawValue: 1 << 5)
    public static let setGID = Capabilities(rawValue: 1 << 6)
    public static let setUID = Capabilities(rawValue: 1 << 7)
    public static let setPrivileges = Capabilities(rawValue: 1 << 8)
    public static let bindLowPorts = Capabilities(rawValue: 1 << 10)
    public static let administerSystem = Capabilities(rawValue: 1 << 21)
}
