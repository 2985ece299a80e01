// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import CSeccomp
import OutpostCore
import OutpostLinux

/// Compiles a profile to BPF programs. The kernel runs them before each system call of a program.
enum SeccompFilter {
    /// Returns the BPF programs of a profile. The kernel takes the strictest result of all programs, so the second one
    /// can only deny more.
    ///
    /// - Throws: `internal` when libseccomp fails.
    static func compile(_ profile: SeccompProfile) throws(OutpostError) -> [[UInt8]] {
        [try allowed(profile), try denied(profile)]
    }

    /// Returns one BPF program that allows every call except the ones that the profile refuses.
    ///
    /// - Throws: `internal` when libseccomp fails.
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
        // libseccomp refuses a rule with the same result as the default.
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

    /// A filter that libseccomp is building.
    private final class Context {
        private let pointer: scmp_filter_ctx

        init(defaultAction: UInt32) throws(OutpostError) {
            guard let pointer = seccomp_init(defaultAction) else { throw Self.failed("init", 12) }
            self.pointer = pointer
            // The calls of another architecture have other numbers. No rule here is valid for them.
            try Self.check("bad arch", seccomp_attr_set(pointer, SCMP_FLTATR_ACT_BADARCH, OUTPOST_SCMP_KILL_PROCESS))
            // The child sets no_new_privs itself.
            try Self.check("nnp", seccomp_attr_set(pointer, SCMP_FLTATR_CTL_NNP, 0))
            // A binary tree instead of a list. The cost of a call does not depend on its position.
            try Self.check("optimize", seccomp_attr_set(pointer, SCMP_FLTATR_CTL_OPTIMIZE, 2))
        }

        deinit { seccomp_release(pointer) }

        /// Adds a rule. If libseccomp or the architecture does not know the name, the default action applies.
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

/// The compiled filters of all presets and of zygotes.
struct SeccompFilters: Sendable {
    private let programs: [SecurityPreset: [[UInt8]]]

    /// The filter of zygotes. All forks inherit it.
    let zygote: [[UInt8]]

    /// Compiles all filters.
    ///
    /// - Throws: `internal` when libseccomp fails.
    init() throws(OutpostError) {
        var programs: [SecurityPreset: [[UInt8]]] = [:]
        for preset in SecurityPreset.allCases { programs[preset] = try SeccompFilter.compile(.of(preset)) }
        self.programs = programs
        zygote = [try SeccompFilter.compileDenied(.zygote)]
    }

    /// The BPF programs of a preset. The order does not matter.
    subscript(preset: SecurityPreset) -> [[UInt8]] { programs[preset] ?? [] }
}
