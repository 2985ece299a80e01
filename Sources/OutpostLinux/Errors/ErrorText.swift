// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The C library's words for an errno, "Permission denied".
public func errorText(_ number: Int32) -> String { String(cString: strerror(number)) }
