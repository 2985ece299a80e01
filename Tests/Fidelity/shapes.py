# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Programs whose shape is the point, and which no editor would leave alone: request fields by name."""

SHOWN = "import sys; print('ü', sys.argv, __doc__)"
NODE_SHOWN = "console.log('ü', process.argv, __filename)"


def shapes() -> dict:
    codes = {
        "shape_empty": "",
        "shape_comment_only": "# nothing",
        "shape_no_end_of_line": SHOWN,
        "shape_byte_order_mark": "\ufeff" + SHOWN,
        "shape_cookie_latin_1": "# -*- coding: latin-1 -*-\n" + SHOWN,
        "shape_cookie_unknown": "# coding: no-such-encoding\n" + SHOWN,
        "shape_mark_and_wrong_cookie": "\ufeff# coding: latin-1\n" + SHOWN,
        "shape_carriage_returns": "if True:\r\n    print('a\\\r\nb')\r\nraise ValueError\r\n",
        "shape_old_carriage_returns": "print(1)\rprint(2)\r",
        "shape_null_byte": "print(1)\nprint('\0')\n",
        "shape_form_feed": "print(1)\n\x0cprint(2)\n",
        "shape_tabs_and_blanks": "if True:\n\tprint(1)\n        print(2)\n",
        "shape_interpreter_line": "#!/usr/bin/env -S python3 -O\n" + SHOWN,
        "shape_docstring_and_future": "'''doc'''\nfrom __future__ import annotations\nx: later = 1\n"
        "print(__annotations__, __doc__)",
        "shape_late_future": "print(1)\nfrom __future__ import annotations\n",
        "shape_one_mebibyte": "x = 0\n" + "x += 1\n" * (1 << 17) + "print(x)\n",
        "shape_long_line": "x = [" + "1," * (1 << 17) + "]\nprint(len(x))\n",
        "shape_deep_nesting": "x = " + "(" * 150 + ")" * 150 + "\n",
        "shape_too_deep_nesting": "x = " + "(" * 250 + ")" * 250 + "\n",
        "shape_deep_expression": "x = " + "-" * 5000 + "1\nprint(x)\n",
        "shape_unterminated": "print('open\n",
        "shape_await_outside": "await x\n",
        "shape_non_utf8_name": "ünï = 3\nprint(ünï, vars()['ünï'])\nµ\n",
    }
    fields = {name: {"code": code} for name, code in codes.items()}
    fields["stdin_one_mebibyte"] = {
        "code": "import sys, hashlib; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())",
        "stdin": "0123456789abcdef" * (1 << 16),
    }
    fields["stdin_never_read"] = {"code": "print(1)", "stdin": "x" * (1 << 20)}
    fields["arguments_many"] = {
        "code": "import sys; print(len(sys.argv), sum(map(len, sys.argv)))", "args": ["x" * 50] * 500}
    fields["files_many"] = {
        "code": "import os; print(sum(len(files) for _, _, files in os.walk('.')))",
        "files": [{"path": f"d{number % 7}/e/f{number}", "content": "x" * number} for number in range(200)],
    }
    return {**fields, **node_shapes()}


def node_shapes() -> dict:
    codes = {
        "node_shape_empty": "",
        "node_shape_comment_only": "// nothing",
        "node_shape_no_end_of_line": NODE_SHOWN,
        "node_shape_byte_order_mark": "\ufeff" + NODE_SHOWN,
        "node_shape_interpreter_line": "#!/usr/bin/env node\n" + NODE_SHOWN,
        "node_shape_carriage_returns": "if (true) {\r\n  console.log(`a\r\nb`)\r\n}\r\nthrow new Error('x')\r\n",
        "node_shape_null_byte": "console.log('a\0b')\n\0",
        "node_shape_syntax_error": "console.log(1)\nlet x = ;\n",
        "node_shape_unterminated": "console.log(`open\n",
        "node_shape_return_outside": "console.log('before'); return; console.log('never')",
        "node_shape_wrapper_left": "}); console.log('out'); (() => {",
        "node_shape_one_mebibyte": "let x = 0;\n" + "x += 1;\n" * (1 << 17) + "console.log(x)\n",
        "node_shape_deep_nesting": "(" * 20000 + "1" + ")" * 20000,
        "node_shape_module_empty": "export {}",
        "node_shape_module_mark": "\ufeffexport {}; console.log(import.meta.url)",
        "node_shape_module_carriage_returns": "import 'node:fs'\r\nthrow new Error('x')\r\n",
        "node_shape_source_map": "throw new Error('x')\n//# sourceMappingURL=data:application/json,{}\n",
    }
    fields = {name: {"code": code} for name, code in codes.items()}
    fields["node_arguments_many"] = {
        "code": "console.log(process.argv.length, process.argv.join('').length)", "args": ["x" * 50] * 500}
    fields["node_stdin_one_mebibyte"] = {
        "code": "console.log(require('crypto').hash('sha256', require('fs').readFileSync(0)))",
        "stdin": "0123456789abcdef" * (1 << 16),
    }
    fields["node_out_of_memory"] = {"code": "const kept = []; for (;;) kept.push(Buffer.alloc(1 << 20, 1))",
                                    "resource_limits": {"memory_mb": 128}}
    return {name: {"language": "node", **given} for name, given in fields.items()}
