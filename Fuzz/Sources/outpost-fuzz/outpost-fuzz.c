// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

// libFuzzer brings main and calls LLVMFuzzerTestOneInput of FuzzTargets.
typedef int outpost_fuzz_has_no_code_of_its_own;
