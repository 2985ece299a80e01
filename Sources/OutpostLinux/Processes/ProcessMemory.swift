// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpost

/// The memory of this process.
public enum ProcessMemory {
    /// Gives what was freed back to the kernel, as far as it is whole pages.
    public static func trim() { outpost_trim_memory() }
}
