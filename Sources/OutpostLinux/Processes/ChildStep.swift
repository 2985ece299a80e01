// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// One step of a child between clone and exec; a program of them is data, so that policy is written and tested in Swift
/// and the C shim only interprets.
public enum ChildStep: Sendable, Hashable {
    /// Waits for one byte with exactly `count` descriptors; later steps name them by position.
    case receiveDescriptors(socket: Int32, count: Int)
    /// Clears supplementary groups, then sets all three gids and all three uids.
    case setIDs(uid: UInt32, gid: UInt32)
    /// Has files and sockets made and used as these ids, while the process itself stays its owner's: processes of these ids
    /// can neither signal it nor look into it (kill(2), ptrace(2)). An exec makes the saved ids the effective ones
    /// (execve(2)), so the new program sets them back.
    case actAs(uid: UInt32, gid: UInt32, owner: UInt32)
    case mount(source: String, target: String, type: String, options: String, flags: UInt64)
    /// Attaches the detached mount that was received at `position`.
    /// One that is optional may fail: who looks for it will miss it.
    case moveMount(position: Int, target: String, isOptional: Bool = false)
    /// Unmounts the cgroups at the path, if there are any. The process that makes the child must have one thread only.
    case hideCgroup(String)
    /// Attaches the detached mount that is this descriptor. It may fail: who looks for it will miss it.
    case attach(Int32, target: String)
    /// Mounts `source` again at `target`, with `attributes` set on the new mount.
    case bind(source: String, target: String, attributes: UInt64, isOptional: Bool = false)
    /// Sets `attributes` on the mount at the path.
    case restrictMount(String, attributes: UInt64)
    /// An existing directory is left as it is; a new one goes to `owner`, uid and gid.
    /// One that is optional may fail: what needs the directory will say so in its own words.
    case makeDirectory(String, mode: UInt32, owner: UInt32? = nil, isOptional: Bool = false)
    /// Removes what is at the path and creates a regular file in its place; never follows a link there. Directories on
    /// the way that are missing are made, with mode 0755.
    case writeFile(String, [UInt8], mode: UInt32)
    /// As `writeFile`, with a part of an open file as content; that is closed then.
    case copyFile(String, from: Int32, offset: UInt64, size: UInt64, mode: UInt32)
    /// Writes to a file of the kernel's, such as those below /proc/sys.
    /// One that is optional may be missing: kernels are built with and without some settings.
    case writeSetting(String, String, isOptional: Bool = false)
    case removeFile(String)
    /// Makes the way free for a run's folder. The process that makes the child must have one thread only.
    case clearRunFolder(RunFolder)
    /// Gives what is there another name, if there is anything.
    case moveAside(String)
    /// Makes a link in one directory to each entry of another for which there is nothing of this name, but for those whose
    /// names begin with a prefix. What cannot be linked is left out.
    case linkEntries(of: String, in: String, except: String?, most: Int)
    /// Sets the permissions of what is there, whatever the file mode mask is.
    case setMode(String, UInt32)
    /// Makes the directory the root; nothing of the old root stays reachable.
    case pivotRoot(String)
    case changeDirectory(String)
    case setHostname(String)
    case loopbackUp
    case unshare(UInt64)
    /// Enters the namespace that the descriptor is of.
    case enterNamespace(Int32)
    /// Ends the process.
    case exit(Int32)
    case limit(ResourceLimit, soft: UInt64, hard: UInt64)
    case processControl(Int32, UInt64)
    /// Runs on these processors from now on. A program that is not held to its processors is held to its quota.
    case setAffinity(ProcessorSet)
    /// Drops every capability but these from the bounding set.
    case keepBounding(Capabilities)
    /// Sets permitted = effective, and inheritable = ambient.
    case capabilities(Capabilities, ambient: Capabilities)
    /// Installs a classic BPF program as seccomp filter.
    case seccomp([UInt8])
    case duplicate(Int32, to: Int32)
    /// Marks every descriptor from this number on to be closed at exec, or closes it now.
    case closeFrom(UInt32, atOnce: Bool = false)
    case newSession
    /// Makes the standard input the controlling terminal. The process that makes the child must have one thread only.
    case setControllingTerminal
    /// Sends a signal to a process group. The process that makes the child must have one thread only.
    case signal(Int32, processGroup: Int32)
    case fileModeMask(UInt32)
    case write(descriptor: Int32, [UInt8])
    /// Executes; a name without a slash is looked for in `searchPath`.
    case execute(String, searchPath: String?, arguments: [String], environment: [String])
    /// Executes what was received at `position`, or an open descriptor.
    case executeDescriptor(Int32, arguments: [String], environment: [String])

    /// For error messages: the step and its subject, without content.
    public var label: String {
        switch self {
        case .mount(_, let target, let type, _, _): "mount \(type) on \(target)"
        case .hideCgroup(let path): "hide the cgroups at \(path)"
        case .setAffinity(let processors): "run on the processors \(processors.list)"
        case .moveMount(_, let target, _), .attach(_, let target): "attach the mount at \(target)"
        case .bind(let source, let target, _, _): "bind \(source) on \(target)"
        case .makeDirectory(let path, _, _, _): "make the directory \(path)"
        case .writeFile(let path, _, _), .copyFile(let path, _, _, _, _): "write the file \(path)"
        case .writeSetting(let path, let value, _): "write \(value) to \(path)"
        case .removeFile(let path): "remove the file \(path)"
        case .clearRunFolder(let folder): "make the way free for \(folder.root)"
        case .moveAside(let path): "move \(path) aside"
        case .linkEntries(let directory, let own, _, _): "link the entries of \(directory) in \(own)"
        case .setMode(let path, _): "set the permissions of \(path)"
        case .changeDirectory(let path): "enter the directory \(path)"
        case .execute(let program, _, _, _): "execute \(program)"
        case .closeFrom(let first, _): "closeFrom(\(first))"
        case .seccomp: "install the seccomp filter"
        case .write(let descriptor, _): "write to descriptor \(descriptor)"
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

/// A set of capabilities(7).
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
