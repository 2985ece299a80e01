// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLanguages
import Testing

struct NodeSyntaxTests {
    @Test(arguments: [
        #"import fs from "fs""#,
        "import { readFile } from 'fs';",
        "import{readFile}from'fs'",
        "import * as fs from 'node:fs'",
        "import 'side-effect'",
        "import/* c */x from 'y'",
        "const a = 1; import x from 'y'",
        "#!/usr/bin/env node\nimport x from 'y'",
        "\u{FEFF}import x from 'y'",
        "/* licence */ import x from 'y'",
        "'use strict'\r\nimport x from 'y'\r\n",
        "import\n  élan from 'x'",
        "export const x = 1",
        "export default function () {}",
        "export { x }",
        "export * from 'x'",
        "console.log(import.meta.url)",
        "function dir() { return import . meta.dirname }",
        "await main()",
        "const x = await fetch(u)",
        "console.log(await f())",
        "if (ok) {\n  await f()\n}",
        "for await (const line of lines) console.log(line)",
        "for (const x of xs) { await f(x) }",
        "try { await f() } catch { }",
        "console.log(`${await f()}`)",
        "console.log(`a ${ `b ${await f()}` }`)",
        "const f = async x => await g(x)\nawait f(1)",
        "const f = async () => { await g() }\nawait f()",
        "const f = x => x\n  .map(y => y)\nawait f(1)",
        "const t = x => `a\n${x}\nb`\nawait t(1)",
        "const half = a / b; await f() / 2",
        "let i = 1; i++ / 2; await f() // 1/",
        "const r = /[/`'\"]/g; await f()",
        "const o = { a: 1 }\nawait f(o)",
        "switch (x) { case 1: await f() }",
        "await(async () => 1)()",
        "return_ = x.return / 2; await f(`/`)",
    ])
    func aModuleIsMainMjs(code: String) throws {
        #expect(try fileName(for: code) == "main.mjs")
    }

    @Test(arguments: [
        "",
        "console.log(1)",
        "const fs = require('fs')",
        "module.exports = { export: 1, import: 2, await: 3 }",
        "exports.default = 1",
        "import('fs').then(console.log)",
        "const fs = import ('fs')",
        "// import x from 'y'",
        "/*\nimport x from 'y'\nexport const x = 1\n*/",
        "const s = 'import x from y'",
        "const s = `\nimport x from 'y'\nexport default 1\nawait f()\n`",
        "const s = `${ 1 }\nimport x from 'y'`",
        "const s = \"\\\"\\\nimport x from 'y'\"",
        "const r = /await f()/",
        "if (x) /await f()/.test(y)",
        "const r = [/[/]await f()/]",
        "const r = x => /`/; const s = `\nawait f()`",
        "async function f() { await g() }",
        "async function f()\n{\nawait g()\n}",
        "const f = async () => {\n await g()\n}",
        "const f = async () => await g()",
        "const f = async () =>\n  await g()",
        "const f = async () => x +\n  await g()",
        "const f = async x => g(x)\n  .then(await h())",
        "const f = async x => `\n${await g(x)}\n`",
        "const f = async x => ({\n a: await g(x),\n b: 1,\n})",
        "xs.map(async x => await f(x))",
        "xs.map(async x => [await f(x), await g(x)], 1)",
        "class A { async f() { await g() } static async *h(x = {}) { for await (const y of x) {} } }",
        "const o = { async f() { await g() }, async ['h']() { await g() } }",
        "(async () => { await f() })()",
        "!async function () { try { await f() } finally { if (x) { await g() } } }()",
        "const wait = { await: 1 }; wait.await; x.await (1)",
        "const awaiting = 1; const $await = 2; $await (1)",
        "obj\n  .import (x)",
        "const important = 1\nimportant\nexporter = 2",
        "const x = '\\\\'; // ' import y from 'z'",
    ])
    func anythingElseIsMainCjs(code: String) throws {
        #expect(try fileName(for: code) == "main.cjs")
    }

    /// Text on which a scanner or a pattern with quadratic running time would not end in time.
    @Test(
        .timeLimit(.minutes(10)),
        arguments: [
            ("\n", ""), (" ", ""), ("/[", ""), ("(", ""), ("`${", ""), ("x => y\n\n", ""), ("await ", "x"),
            ("; ", "import"), ("x => ", "\n"), ("import\n", ""), ("/*", ""), ("'\\", ""),
        ])
    func longSourceIsNamedInLinearTime(repeated: String, end: String) throws {
        let code = "x => y" + String(repeating: repeated, count: 100_000) + end
        #expect(["main.mjs", "main.cjs"].contains(try fileName(for: code)))
    }
}

private func fileName(for code: String) throws -> String? {
    let plan = try LanguageCatalog.load().language(named: "node").plan(code: code, directory: "/d")
    return plan.files.first?.path.split(separator: "/").last.map(String.init)
}
