// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import OutpostCommands

@Suite struct IgnoreRulesTests {
    /// Each as git decides it, but for what is in a folder that is left out, which nobody asks for.
    @Test(arguments: [
        ("*.o", "a.o", false, true), ("*.o", "d/a.o", false, true), ("*.o", "a.c", false, false),
        ("/a.o", "a.o", false, true), ("/a.o", "d/a.o", false, false), ("build/", "build", true, true),
        ("build/", "build", false, false), ("build/", "d/build", true, true), ("d/build", "d/build", true, true),
        ("d/build", "x/d/build", true, false), ("d/*", "d/a", false, true), ("d/*", "d/e/a", false, false),
        ("d/**", "d/e/a", false, true), ("d/**", "d", true, false), ("**/a", "a", false, true),
        ("**/a", "x/y/a", false, true), ("x/**/a", "x/a", false, true), ("x/**/a", "x/y/z/a", false, true),
        ("x/**/a", "y/a", false, false), ("# a", "# a", false, false), ("\\#a", "#a", false, true),
        ("a ", "a", false, true), ("a\\ ", "a ", false, true), ("*.o\n!a.o", "a.o", false, false),
        ("!a.o\n*.o", "a.o", false, true), ("a?c", "abc", false, true), ("a?c", "a/c", false, false),
        ("[ab].c", "b.c", false, true), ("[!ab].c", "b.c", false, false), ("", "a", false, false),
        ("a\r\nb\r\n", "b", false, true), ("!", "a", false, false),
        ("**", "a/b", false, true), ("foo", "foobar", false, false),
    ]) func aRuleDecides(_ text: String, _ path: String, isFolder: Bool, isLeftOut: Bool) {
        var rules = IgnoreRules()
        rules.add(text, in: "")
        #expect(rules.leaveOut(path, isFolder: isFolder) == isLeftOut)
    }

    @Test(arguments: [
        ("*.o", "sub/a.o", true), ("*.o", "a.o", false), ("/a", "sub/a", true), ("/a", "sub/b/a", false),
        ("!a.log", "sub/a.log", false), ("!a.log", "sub/b.log", true), ("b/c", "sub/b/c", true), ("b/c", "b/c", false),
    ]) func aRuleHoldsInItsFolder(_ text: String, _ path: String, isLeftOut: Bool) {
        var rules = IgnoreRules()
        rules.add("*.log", in: "")
        rules.add(text, in: "sub")
        #expect(rules.leaveOut(path, isFolder: false) == isLeftOut)
    }
}
