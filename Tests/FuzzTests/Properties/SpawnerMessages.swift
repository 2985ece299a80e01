// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import OutpostWire

@testable import OutpostSpawner

func checkSpawnerRequest(_ input: [UInt8]) throws -> Verdict {
    guard let (id, request) = try? SpawnerRequest.decode(input) else { return .refused }
    try promise(request.encoded(id: id) == input, "\(request) has other bytes than it came in")
    try checkExtent(of: input) { _ = try SpawnerRequest.decode($0) }
    switch request {
    case .launch(let launch), .fork(_, let launch, _, _, _): try checkLayers(launch)
    default: break
    }
    return .accepted
}

func checkSpawnerReply(_ input: [UInt8]) throws -> Verdict {
    guard let (id, reply) = try? SpawnerReply.decode(input) else { return .refused }
    try promise(reply.encoded(id: id) == input, "\(reply) has other bytes than it came in")
    try checkExtent(of: input) { _ = try SpawnerReply.decode($0) }
    return .accepted
}

/// Whatever its layers are, a sandbox is built of what its parent sends, in the small part of the spawner's root that is for
/// it, and what it writes is its own.
private func checkLayers(_ launch: LaunchRequest) throws {
    let mounts = SandboxLayout.mounts(launch)
    // Of the 32 that one message brings, others may want some.
    try promise(mounts.count <= 21 && Set(mounts).count == mounts.count, "it receives \(mounts.count) mounts")
    let steps = SandboxLayout.building(launch, sync: 3, masks: ProcMasks(proc: "/none"), view: CgroupView())
    var attached: [Int] = []
    for case .moveMount(let position, let target, _) in steps {
        attached.append(position)
        try promise(!target.contains(".."), "it attaches a mount at \(target)")
    }
    try promise(attached.sorted() == Array(mounts.indices), "of \(mounts.count) mounts it attaches \(attached)")
    for case .mount(_, let target, "overlay", let options, _) in steps {
        try promise(target.utf8.starts(with: SandboxLayout.root.utf8), "it puts layers together at \(target)")
        // A page for all options (mount(2)).
        try promise(options.utf8.count < 4096 && !options.contains(".."), "it mounts layers with \(options)")
        let parts = options.split(separator: ",").compactMap { part in
            part.wholeMatch(of: /(upperdir|workdir)=\/stage\/(usr-)?(upper|work)/) == nil ? nil : part
        }
        try promise(parts.count == 2, "what it writes goes elsewhere: \(options)")
    }
}

/// A message ends where its packet does: neither less nor more of it is one.
private func checkExtent(of input: [UInt8], _ decode: ([UInt8]) throws -> Void) throws {
    for other in [input + [0], input.dropLast()] {
        guard (try? decode(other)) != nil else { continue }
        throw BrokenPromise("with \(other.count) bytes in place of \(input.count) it is a message too")
    }
}
