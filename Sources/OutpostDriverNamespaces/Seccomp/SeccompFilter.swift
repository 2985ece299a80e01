// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import CSeccomp
import OutpostCore
import OutpostLinux

/// Compiles a profile to the BPF programs that the kernel runs before each system call of a program.
enum SeccompFilter {
    /// The programs; the kernel takes the strictest of their verdicts, so what a second one denies no first one allows.
    ///
    /// - Throws: `internal` when libseccomp refuses.
    static func compile(_ profile: SeccompProfile) throws(OutpostError) -> [[UInt8]] {
        [try allowed(profile), try denied(profile)]
    }

    /// One program that lets everything pass but what the profile refuses.
    ///
    /// - Throws: `internal` when libseccomp refuses.
    static func compileDenied(_ profile: SeccompProfile) throws(OutpostError) -> [UInt8] {
        let context = try Context(defaultAction: OUTPOST_SCMP_ALLOW)
        for entry in profile.refused {
            for name in entry.names { try context.add(outpost_scmp_errno(entry.error), name, []) }
        }
        return try context.export()
    }

    private static func allowed(_ profile: SeccompProfile) throws(OutpostError) -> [UInt8] {
        let context = try Context(defaultAction: outpost_scmp_errno(SeccompProfile.unknownError))
        for name in profile.allowed.flatMap(\.names) { try context.add(OUTPOST_SCMP_ALLOW, name, []) }
        for rule in profile.allowedArguments { try context.add(OUTPOST_SCMP_ALLOW, rule.name, rule.conditions) }
        // libseccomp refuses a rule that says what the default says anyway.
        for entry in profile.refused where entry.error != SeccompProfile.unknownError {
            for name in entry.names { try context.add(outpost_scmp_errno(entry.error), name, []) }
        }
        return try context.export()
    }

    private static func denied(_ profile: SeccompProfile) throws(OutpostError) -> [UInt8] {
        let context = try Context(defaultAction: OUTPOST_SCMP_ALLOW)
        for rule in profile.deniedArguments {
            try context.add(outpost_scmp_errno(rule.error), rule.name, rule.conditions)
        }
        return try context.export()
    }

    /// A filter while libseccomp builds it.
    private final class Context {
        private let pointer: scmp_filter_ctx

        init(defaultAction: UInt32) throws(OutpostError) {
            guard let pointer = seccomp_init(defaultAction) else { throw Self.failed("init", 12) }
            self.pointer = pointer
            // Another architecture's calls have other numbers: nothing decided here holds for them.
            try Self.check("bad arch", seccomp_attr_set(pointer, SCMP_FLTATR_ACT_BADARCH, OUTPOST_SCMP_KILL_PROCESS))
            // The default no_new_privs call is the child's own step.
            try Self.check("nnp", seccomp_attr_set(pointer, SCMP_FLTATR_CTL_NNP, 0))
            // A binary tree instead of a list: the cost of a call does not grow with its place in the list.
            try Self.check("optimize", seccomp_attr_set(pointer, SCMP_FLTATR_CTL_OPTIMIZE, 2))
        }

        deinit { seccomp_release(pointer) }

        /// A name that this version of libseccomp or this architecture does not know is left to the default action.
        func add(_ action: UInt32, _ name: String, _ conditions: [SeccompProfile.Condition]) throws(OutpostError) {
            let number = seccomp_syscall_resolve_name(name)
            guard number >= 0 else { return }
            let list = conditions.map { condition in
                condition.mask.map {
                    scmp_arg_cmp(arg: condition.argument, op: SCMP_CMP_MASKED_EQ, datum_a: $0, datum_b: condition.value)
                }
                    ?? scmp_arg_cmp(
                        arg: condition.argument, op: condition.comparison, datum_a: condition.value, datum_b: 0)
            }
            try Self.check(name, seccomp_rule_add_array(pointer, action, number, UInt32(list.count), list))
        }

        func export() throws(OutpostError) -> [UInt8] {
            do throws(SystemError) {
                // At most 4,096 instructions of 8 bytes (BPF_MAXINSNS), which a pipe of 64 KiB holds without a reader.
                let pipe = try Descriptor.pipe(nonBlockingRead: true)
                let result = seccomp_export_bpf(pointer, pipe.write.number)
                guard result == 0 else { throw SystemError("export", number: -result) }
                return try readAvailable(pipe.read)
            } catch {
                throw OutpostError(.internal, "the seccomp filter cannot be built", cause: error)
            }
        }

        private func readAvailable(_ pipe: Descriptor) throws(SystemError) -> [UInt8] {
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let count = try pipe.read(into: &buffer)
            return Array(buffer.prefix(count ?? 0))
        }

        private static func check(_ step: String, _ result: Int32) throws(OutpostError) {
            if result != 0 { throw failed(step, -result) }
        }

        private static func failed(_ step: String, _ errno: Int32) -> OutpostError {
            OutpostError(
                .internal, "the seccomp filter cannot be built", cause: SystemError("seccomp \(step)", number: errno))
        }
    }
}

/// The compiled filter of every preset, made once.
struct SeccompFilters: Sendable {
    private let programs: [SecurityPreset: [[UInt8]]]

    /// What a zygote is held in by, and with it all that is forked from it.
    let zygote: [[UInt8]]

    /// - Throws: `internal` when libseccomp refuses.
    init() throws(OutpostError) {
        var programs: [SecurityPreset: [[UInt8]]] = [:]
        for preset in SecurityPreset.allCases { programs[preset] = try SeccompFilter.compile(.of(preset)) }
        self.programs = programs
        zygote = [try SeccompFilter.compileDenied(.zygote)]
    }

    /// The programs to install, in any order.
    subscript(preset: SecurityPreset) -> [[UInt8]] { programs[preset] ?? [] }
}
