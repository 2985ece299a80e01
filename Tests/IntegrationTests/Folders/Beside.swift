// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI

/// A program that uses what lies in its working directory, and what it prints then.
struct Beside: Sendable, CustomStringConvertible {
    let description: String
    let language: String
    let code: String
    let files: [String: String]
    var directory = "/workspace"
    let printed: String

    /// The body of a call, with the files.
    var call: JSONValue {
        let files = files.sorted { $0.key < $1.key }.map { file -> JSONValue in
            ["path": .string(file.key), "content": .string(file.value)]
        }
        return [
            "language": .string(language), "code": .string(code), "files": .array(files),
            "working_dir": .string(directory),
        ]
    }

    static let all = python + node + bash + go + rust

    private static let python = [
        Beside(
            description: "a package with a part", language: "python",
            code: "import pkg.part as p; print(p.f(), p.__file__)",
            files: ["pkg/__init__.py": "x = 4", "pkg/part.py": "from . import x\ndef f(): return x"],
            printed: "4 /workspace/pkg/part.py\n"),
        Beside(
            description: "a package without __init__", language: "python", code: "from space import a; print(a.v)",
            files: ["space/a.py": "v = 'ns'"], printed: "ns\n"),
        Beside(
            description: "a module that hides one of the library's", language: "python",
            code: "import statistics; print(statistics.own)", files: ["statistics.py": "own = 1"], printed: "1\n"),
        Beside(
            description: "the code itself as a module", language: "python",
            code: "X = 5\nif __name__ == '__main__':\n    import helper, main\n    print(helper.y, main.X)",
            files: ["helper.py": "from main import X\ny = X + 1"], printed: "6 5\n"),
        Beside(
            description: "where modules are looked for first", language: "python",
            code: "import sys, os; print(sys.path[0], os.getcwd(), os.listdir())", files: ["q.txt": ""],
            printed: "/workspace /workspace ['q.txt']\n"),
        Beside(
            description: "data by the place of the source", language: "python",
            code:
                "import os; print(open(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'd', 'x.csv')).read())",
            files: ["d/x.csv": "1,2"], printed: "1,2\n"),
        Beside(
            description: "data above the source", language: "python",
            code: "import pathlib; print((pathlib.Path(__file__).resolve().parent.parent / 'share/x').read_text())",
            files: ["/home/sandbox/share/x": "above"], directory: "/home/sandbox/src", printed: "above\n"),
        Beside(
            description: "a module that is made by the program", language: "python",
            code: "open('fresh.py', 'w').write('v = 7')\nimport fresh\nprint(fresh.v, fresh.__file__)",
            files: [:], printed: "7 /workspace/fresh.py\n"),
        Beside(
            description: "the data of a package", language: "python",
            code: "import pkgutil; print(pkgutil.get_data('pk', 'x.bin'))",
            files: ["pk/__init__.py": "", "pk/x.bin": "b"],
            printed: "b'b'\n"),
        Beside(
            description: "a plug-in by its folder", language: "python",
            code: "import importlib; print([importlib.import_module('plug.' + n).n for n in ('a', 'b')])",
            files: ["plug/a.py": "n = 1", "plug/b.py": "n = 2"], printed: "[1, 2]\n"),
        Beside(
            description: "a child process", language: "python",
            code:
                "import subprocess, sys; print(subprocess.run([sys.executable, '-c', 'import beside; print(beside.v)'],"
                + "capture_output=True, text=True).stdout)",
            files: ["beside.py": "v = 'child'"], printed: "child\n\n"),
    ]

    private static let node = [
        Beside(
            description: "a file in a folder", language: "node", code: "console.log(require('./lib/a.js'))",
            files: ["lib/a.js": "module.exports = __filename"], printed: "/workspace/lib/a.js\n"),
        Beside(
            description: "a package", language: "node", code: "console.log(require('pack'), require('pack/sub'))",
            files: [
                "node_modules/pack/package.json": #"{"main": "m.js"}"#, "node_modules/pack/m.js": "module.exports = 1",
                "node_modules/pack/sub.js": "module.exports = 2",
            ], printed: "1 2\n"),
        Beside(
            description: "a package above", language: "node", code: "console.log(require('pack'), require('../b'))",
            files: [
                "/home/sandbox/node_modules/pack/index.js": "module.exports = 'up'",
                "/home/sandbox/b.js": "module.exports = 'b'",
            ], directory: "/home/sandbox/a", printed: "up b\n"),
        Beside(
            description: "JSON and a folder", language: "node", code: "console.log(require('./x').a, require('./dir'))",
            files: ["x.json": #"{"a": 5}"#, "dir/index.js": "module.exports = 'dir'"], printed: "5 dir\n"),
        Beside(
            description: "one module, required twice", language: "node",
            code: "const a = require('./a'); a.n++; console.log(require('/workspace/a.js').n, require('./b'))",
            files: ["a.js": "exports.n = 1", "b.js": "module.exports = require('./a').n"], printed: "2 2\n"),
        Beside(
            description: "data by the place of the source", language: "node",
            code: "console.log(require('fs').readFileSync(require('path').join(__dirname, 'd.txt'), 'utf8'))",
            files: ["d.txt": "data"], printed: "data\n"),
        Beside(
            description: "imports of a package.json", language: "node", code: "console.log(require('#in'))",
            files: ["package.json": ##"{"imports": {"#in": "./src/i.js"}}"##, "src/i.js": "module.exports = 'in'"],
            printed: "in\n"),
        Beside(
            description: "a module", language: "node", code: "import x from './x.mjs'; console.log(x)",
            files: ["x.mjs": "export default import.meta.url"], printed: "file:///workspace/x.mjs\n"),
        Beside(
            description: "a module of a package", language: "node", code: "import { v } from 'esm'; console.log(v)",
            files: [
                "node_modules/esm/package.json": #"{"type": "module", "exports": "./e.js"}"#,
                "node_modules/esm/e.js": "export const v = 'e'",
            ], printed: "e\n"),
        Beside(
            description: "a module that is imported late", language: "node",
            code: "console.log((await import('./late.mjs')).v, (await import('../up.mjs')).v)",
            files: ["late.mjs": "export const v = 1", "/home/sandbox/up.mjs": "export const v = 2"],
            directory: "/home/sandbox/w", printed: "1 2\n"),
        Beside(
            description: "data by a module's URL", language: "node",
            code: "import fs from 'fs'; console.log(fs.readFileSync(new URL('./d.txt', import.meta.url), 'utf8'))",
            files: ["d.txt": "by URL"], printed: "by URL\n"),
    ]

    private static let bash = [
        Beside(
            description: "a script beside it", language: "bash", code: ". \"$(dirname \"$0\")/lib.sh\"; f",
            files: ["lib.sh": "f() { echo from lib; }"], printed: "from lib\n"),
        Beside(
            description: "a script in the directory", language: "bash", code: "source ./lib.sh; echo \"$v\"; ls -A",
            files: ["lib.sh": "v=1"], printed: "1\nlib.sh\n"),
        Beside(
            description: "the folder of the source", language: "bash",
            code: "cd \"$(dirname \"${BASH_SOURCE[0]}\")\" && cat data/x", files: ["data/x": "here"], printed: "here"),
        Beside(
            description: "a mark at its start", language: "bash", code: "\u{feff}#!/bin/bash\necho marked", files: [:],
            printed: "marked\n"),
    ]

    private static func go(
        _ description: String, _ body: String, _ files: [String: String], _ printed: String, imports: String = "",
        directory: String = "/workspace"
    ) -> Beside {
        Beside(
            description: description, language: "go",
            code: "package main\nimport \"fmt\"\n\(imports)\nfunc main() { \(body) }\n", files: files,
            directory: directory,
            printed: printed)
    }

    private static let go = [
        go("another file", "fmt.Println(other())", ["z.go": "package main\nfunc other() int { return 3 }"], "3\n"),
        go(
            "tests and files of other systems", "fmt.Println(v)",
            [
                "v.go": "package main\nvar v = 1", "v_test.go": "package main\nvar v = 2",
                "v_windows.go": "package main\nvar v = 3", "w.go": "//go:build ignore\n\npackage main\nvar v = 4",
                "_v.go": "package main\nvar v = 5",
            ], "1\n"),
        go(
            "a generic beside it", "fmt.Println(id(4))", ["id.go": "package main\nfunc id[T any](t T) T { return t }"],
            "4\n"),
        go(
            "a module", "fmt.Println(a.V, b())",
            [
                "go.mod": "module m\n\ngo 1.19\n", "internal/a/a.go": "package a\nconst V = 1",
                "b.go": "package main\nfunc b() int { return 2 }",
            ], "1 2\n", imports: "import \"m/internal/a\""),
        go(
            "a module above", "fmt.Println(a.V)",
            ["/home/sandbox/go.mod": "module m\n\ngo 1.19\n", "/home/sandbox/a/a.go": "package a\nconst V = 5"], "5\n",
            imports: "import \"m/a\"", directory: "/home/sandbox/x"),
        go(
            "vendor", "fmt.Println(v.V)",
            [
                "go.mod": "module m\n\ngo 1.19\n\nrequire example.org/v v1.0.0\n",
                "vendor/modules.txt": "# example.org/v v1.0.0\n## explicit\nexample.org/v\n",
                "vendor/example.org/v/v.go": "package v\nconst V = 6",
            ], "6\n", imports: "import \"example.org/v\""),
        go(
            "embedded data", "fmt.Println(d)", ["d.txt": "data"], "data\n",
            imports: "import _ \"embed\"\n//go:embed d.txt\nvar d string"),
    ]

    private static let rust = [
        Beside(
            description: "a module", language: "rust", code: "mod util; fn main() { println!(\"{}\", util::f()); }",
            files: ["util.rs": "pub fn f() -> i32 { 8 }"], printed: "8\n"),
        Beside(
            description: "modules in folders", language: "rust",
            code: "mod a; mod b; fn main() { println!(\"{} {}\", a::c::V, b::V); }",
            files: ["a.rs": "pub mod c;", "a/c.rs": "pub const V: i32 = 1;", "b/mod.rs": "pub const V: i32 = 2;"],
            printed: "1 2\n"),
        Beside(
            description: "data and its own name", language: "rust",
            code: "fn main() { println!(\"{} {}\", include_str!(\"d/x.txt\"), file!()); }", files: ["d/x.txt": "text"],
            printed: "text /workspace/main.rs\n"),
    ]
}
