# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0

"""Runs code with the standard library, for images without IPython."""

import ast
import builtins
import importlib.util
import inspect
import linecache
import os
import re
import sys
import types

from _outpost_results import Outcome, bundle, error_of, figure_png, lines_of, text_of

NAME = re.compile(r"[^\W\d][\w.]*$")


class FigureImporter:
    """Makes `matplotlib.pyplot.show` send the open figures as results."""

    def __init__(self, show):
        self.show = show

    def find_spec(self, name, path, target=None):
        if name != "matplotlib.pyplot":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        load = spec.loader.exec_module

        def exec_module(module):
            load(module)
            module.show = self.show

        spec.loader.exec_module = exec_module
        return spec


def token_at(code, cursor):
    """Returns the dotted name at the cursor."""
    end = cursor
    while end < len(code) and (code[end].isalnum() or code[end] == "_"):
        end += 1
    found = NAME.search(code[:end])
    if found:
        return found.group()
    before = re.search(r"([^\W\d][\w.]*)\s*\([^()]*$", code[:cursor])
    return before.group(1) if before else ""


class PlainShell:
    """Runs code with the standard library."""

    implementation = "python"

    def __init__(self, results):
        self.results, self.count = results, 0
        self.module = types.ModuleType("__main__")
        self.names = self.module.__dict__
        self.names.update({"__builtins__": builtins, "display": self.display})
        sys.modules["__main__"] = self.module
        sys.displayhook = self.display_result
        os.environ.setdefault("MPLBACKEND", "agg")
        sys.meta_path.insert(0, FigureImporter(lambda *_, **__: self.show_figures()))

    def display(self, *values, display_id=None, **_):
        for value in values:
            data, metadata = bundle(value)
            self.results.send(data, metadata, display_id=display_id)

    def display_result(self, value):
        if value is None:
            return
        self.names["_"] = value
        data, metadata = bundle(value)
        self.results.send(data, metadata, is_main=True, count=self.count)

    def show_figures(self):
        pyplot = sys.modules.get("matplotlib.pyplot")
        if pyplot is None:
            return
        try:
            for number in pyplot.get_fignums():
                figure = pyplot.figure(number)
                self.results.send({"text/plain": repr(figure), "image/png": figure_png(figure)})
        finally:
            pyplot.close("all")

    async def run(self, code):
        self.count += 1
        try:
            await self._run(code, f"<cell {self.count}>")
            self.show_figures()
        except BaseException as error:
            return Outcome(self.count, self._described(error))
        return Outcome(self.count)

    async def _run(self, code, name):
        linecache.cache[name] = (len(code), None, code.splitlines(True), name)
        tree = ast.parse(code, name)
        last = None
        if tree.body and isinstance(tree.body[-1], ast.Expr) and not code.rstrip().endswith(";"):
            last = ast.Expression(tree.body.pop().value)
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        for part, mode in ((tree, "exec"), (last, "eval")):
            if part is None:
                continue
            value = eval(compile(part, name, mode, flags, dont_inherit=True), self.names)
            if inspect.iscoroutine(value) and mode == "exec" or is_awaiting(part):
                value = await value
            if mode == "eval":
                sys.displayhook(value)

    def _described(self, error):
        kind = type(error)
        trace = error.__traceback__
        while trace is not None and not trace.tb_frame.f_code.co_filename.startswith("<cell "):
            trace = trace.tb_next
        return error_of(kind.__name__, text_of(error), lines_of(error, trace))

    def complete_request(self, code, cursor):
        import rlcompleter

        found = NAME.search(code[:cursor])
        text = found.group() if found else ""
        completer, matches = rlcompleter.Completer(self.names), []
        for state in range(1000):
            match = completer.complete(text, state) if text else None
            if match is None:
                break
            match = match.rstrip("( )") if match.endswith(("(", "()")) else match.rstrip()
            if match not in matches:
                matches.append(match)
        return matches, cursor - len(text), cursor

    def inspect_request(self, code, cursor, detail):
        name = token_at(code, cursor)
        first, *parts = name.split(".")
        try:
            value = self.names[first] if first in self.names else getattr(builtins, first)
            for part in parts:
                value = getattr(value, part)
        except AttributeError:
            return None
        lines = [f"Type: {type(value).__name__}"]
        try:
            lines.insert(0, f"Signature: {name}{inspect.signature(value)}")
        except (TypeError, ValueError):
            lines.append(f"String form: {repr(value)[:1000]}")
        documentation = inspect.getdoc(value)
        if documentation:
            lines.append(f"Docstring:\n{documentation}")
        if detail:
            try:
                lines.append(f"Source:\n{inspect.getsource(value)}")
            except (OSError, TypeError):
                pass
        return {"text/plain": "\n".join(lines)}


def is_awaiting(tree):
    """Whether compiled code of this expression is a coroutine: it awaits outside of a function of its own."""
    if not isinstance(tree, ast.Expression):
        return False
    code = compile(tree, "", "eval", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    return bool(code.co_flags & inspect.CO_COROUTINE)
