# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0

"""Runs code with IPython."""

import importlib.util
import os
import sys
import tempfile
import warnings

from _outpost_results import ANSI, OWN, Outcome, cleaned, error_of, text_of


# The types whose values have no representation but a text, unless code registers one.
PLAIN = frozenset({bool, bytes, complex, dict, float, frozenset, int, list, range, set, str, tuple})


def is_registered(formatter, value):
    """Whether code has registered a representation, other than the text, that this value can have."""
    kinds = [(kind, (kind.__module__, kind.__name__)) for kind in type(value).__mro__]
    others = [one for mime, one in formatter.formatters.items() if mime != "text/plain"]
    for other in (*others, formatter.ipython_display_formatter, formatter.mimebundle_formatter):
        types, deferred, singles = other.type_printers, other.deferred_printers, other.singleton_printers
        if not (types or deferred or singles):
            continue
        if id(value) in singles or any(kind in types or name in deferred for kind, name in kinds):
            return True
    return False


def ipython_shell(results):
    """Returns a shell that runs code with IPython."""
    from IPython.core.displayhook import DisplayHook
    from IPython.core.formatters import DisplayFormatter
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets import Type
    from traitlets.config import Config
    import IPython

    class Formatter(DisplayFormatter):
        """Asks only for the text of a plain value. IPython asks a dozen formatters, which takes as long as all its other work."""

        def format(self, obj, include=None, exclude=None):
            if include or exclude or type(obj) not in PLAIN or is_registered(self, obj):
                return super().format(obj, include, exclude)
            text = self.formatters["text/plain"](obj)
            return ({} if text is None else {"text/plain": text}), {}

    class Hook(DisplayHook):
        """Sends the value of a cell instead of printing it."""

        def write_output_prompt(self):
            pass

        def write_format_data(self, format_dict, md_dict=None):
            if format_dict:
                results.send(format_dict, md_dict, is_main=True, count=self.prompt_count)

        def finish_displayhook(self):
            pass

    class Publisher(DisplayPublisher):
        """Sends what `display` shows instead of printing it."""

        def publish(self, data, metadata=None, source=None, *, transient=None, update=False, **_):
            results.send(data, metadata, display_id=(transient or {}).get("display_id"), update=update)

        def clear_output(self, wait=False):
            results.channel.send({"type": "clear", "id": results.id, "wait": bool(wait)})

    class Shell(InteractiveShell):
        displayhook_class = Type(Hook)
        display_pub_class = Type(Publisher)
        implementation = f"ipython {IPython.__version__}"
        failure = None
        # A terminal of its own, as `system_piped` wants one, is of no use here.
        system = InteractiveShell.system_raw

        def init_display_formatter(self):
            self.display_formatter = Formatter(parent=self)
            self.configurables.append(self.display_formatter)

        def init_profile_dir(self, profile_dir):
            from IPython.core.profiledir import ProfileDir

            # Not in the home directory: that may be full or read-only, and belongs to the user.
            self.profile_dir = profile_dir or ProfileDir(location=tempfile.mkdtemp(prefix="ipython-"))

        def _showtraceback(self, etype, evalue, stb):
            lines = [line for part in stb for line in str(part).split("\n")]
            self.failure = error_of(etype.__name__ if etype else "Error", text_of(evalue), lines)

        def _get_exc_info(self, exc_tuple=None):
            etype, value, trace = super()._get_exc_info(exc_tuple)
            part = trace
            while part is not None:
                # The kernel's own frames, such as the one that an interrupt raises its error in.
                if part.tb_next is not None and part.tb_next.tb_frame.f_code.co_filename.startswith(OWN):
                    part.tb_next = None
                part = part.tb_next
            return etype, value, trace

        def _format_exception_for_storage(self, *arguments, **options):
            # IPython 9 keeps each error, and fails itself when the error has no text.
            try:
                return super()._format_exception_for_storage(*arguments, **options)
            except Exception:
                return {}

        def enable_gui(self, gui=None):
            pass

        def ask_exit(self):
            raise SystemExit(0)

        async def run(self, code):
            self.failure, count = None, self.execution_count
            try:
                cell = self.transform_cell(code)
                problem = None
            except Exception:
                cell, problem = code, sys.exc_info()
            result = await self.run_cell_async(
                code, store_history=True, transformed_cell=cell, preprocessing_exc_tuple=problem)
            self.events.trigger("post_execute")
            self.events.trigger("post_run_cell", result)
            error = result.error_before_exec or result.error_in_exec
            if error is not None and self.failure is None:
                self.failure = error_of(type(error).__name__, text_of(error), [text_of(error)])
            return Outcome(count, self.failure)

        def complete_request(self, code, cursor):
            start = code.rfind("\n", 0, cursor) + 1
            end = code.find("\n", cursor)
            line = code[start:end if end >= 0 else len(code)]
            text, matches = super().complete("", line, cursor - start)
            return list(matches), cursor - len(text), cursor

        def inspect_request(self, code, cursor, detail):
            from IPython.utils.tokenutil import token_at_cursor

            name = token_at_cursor(code, cursor)
            try:
                data = self.object_inspect_mime(name, detail_level=1 if detail else 0)
            except KeyError:
                return None
            return {mime: ANSI.sub("", value) for mime, value in cleaned(data)[0].items()}

    settings = Config()
    settings.HistoryManager.enabled = False
    settings.HistoryManager.hist_file = ":memory:"
    settings.IPCompleter.use_jedi = False
    settings.InteractiveShell.colors = "NoColor" if IPython.version_info[0] < 9 else "nocolor"
    settings.InteractiveShell.autocall = 0
    shell = Shell.instance(config=settings)
    shell.set_hook("show_in_pager", lambda _, page, *__, **___: results.send(page if isinstance(page, dict) else {
        "text/plain": str(page)}), 0)
    warnings.filterwarnings("ignore", "To exit: use")
    if importlib.util.find_spec("matplotlib_inline"):
        os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    return shell
