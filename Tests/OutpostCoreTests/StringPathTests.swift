// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Testing

/// The kernel's view of a path, where it is not that of Swift's text.
struct StringPathTests {
    @Test(arguments: [
        ("/a/b", ["a", "b"]), ("a", ["a"]), ("", []), ("/", []), ("//a///b/", ["a", "b"]), ("./a", [".", "a"]),
        ("a/\u{301}b", ["a", "\u{301}b"]), ("/\u{301}", ["\u{301}"]), ("a\u{301}/b", ["a\u{301}", "b"]),
    ]) func aPathIsCutAtEachSlash(_ path: String, _ names: [String]) {
        #expect(path.pathComponents.map(\.nameBytes) == names.map(\.nameBytes))
    }

    @Test(arguments: [("/", true), ("/\u{301}a", true), ("", false), ("a/b", false), ("\u{301}/", false)])
    func aPathIsAbsoluteByItsFirstByte(_ path: String, _ isAbsolute: Bool) {
        #expect(path.isAbsolutePath == isAbsolute)
    }

    @Test func namesThatLookAlikeAreTold() {
        #expect("\u{E9}" == "e\u{301}")
        #expect("\u{E9}".nameBytes != "e\u{301}".nameBytes)
    }
}
