// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Testing

@testable import OutpostDriverNamespaces

/// The filter of an interpreter that is copied, which holds for its copies too.
struct SeccompZygoteTests {
    private static var refused: Set<String> { Set(SeccompProfile.zygote.refused.flatMap(\.names)) }

    @Test func itRefusesNothingThatAProgramMayDo() {
        let allowed = Set(
            SeccompProfile.of(.default).allowed.flatMap(\.names)
                + SeccompProfile.of(.default).allowedArguments.map(\.name))
        #expect(Self.refused.intersection(allowed).isEmpty)
    }

    @Test func itRefusesWhatBuildsNoSandbox() {
        #expect(
            Self.refused.isSuperset(of: ["bpf", "ptrace", "kexec_load", "io_uring_setup", "userfaultfd", "keyctl"]))
    }
}
