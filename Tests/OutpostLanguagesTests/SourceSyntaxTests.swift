// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import OutpostLanguages

struct SourceSyntaxTests {
    @Test(arguments: [
        ("a // b\nc", "a     \nc"),
        ("a /* b\nc */ d", "a     \n     d"),
        ("x = 'a\\'b' + \"c\"", "x = '    ' + \" \""),
        ("`a${b}c` + d", "` ${b} ` + d"),
        ("`a${`b${c}`}` + '}'", "` ${` ${c}`}` + ' '"),
        ("`${{a: '}'}.a}b`", "`${{a: ' '}.a} `"),
        ("a = /b[/]c/gi.test(d)", "a =          .test(d)"),
        ("a / b / c", "a / b / c"),
        ("f(a) / b / c", "f(a) / b / c"),
        ("if (a) /b/.test(c)", "if (a)    .test(c)"),
        ("a[0] / b / c", "a[0] / b / c"),
        ("return /a/", "return    "),
        ("x.return / a / b", "x.return / a / b"),
        ("a++ / b / c", "a++ / b / c"),
        ("a = b\n/ c / d", "a = b\n/ c / d"),
        ("= / unended\nb", "= / unended\nb"),
        ("'unended\nb", "'       \nb"),
        ("'é'", "'  '"),
        ("/* unended", "          "),
        ("`unended\n", "`       \n"),
    ])
    func literalsBecomeSpaces(source: String, code: String) {
        #expect(SourceSyntax(source).code == code)
    }

    @Test(arguments: [
        ("function f() { a }", "function f() {   }"),
        ("if (x) { a } else { b }", "if (x) { a } else { b }"),
        ("class A { m() { a } }", "class A { m() {   } }"),
        ("x => a, b", "x =>  , b"),
        ("f(x => a) + b", "f(x =>  ) + b"),
        ("x => a\nb", "x =>  \nb"),
        ("x => a +\nb\nc", "x =>    \n \nc"),
        ("x => y => { a }; b", "x =>           ; b"),
        ("x => (\na,\nb\n)\nc", "x =>  \n  \n \n \nc"),
        (") } ] a", ") } ] a"),
    ])
    func bodiesOfFunctionsBecomeSpaces(source: String, code: String) {
        #expect(SourceSyntax(source).codeOutsideFunctions == code)
    }
}
