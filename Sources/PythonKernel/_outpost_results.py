# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0

"""What code comes to: the representations of values, and errors."""

import base64
import io
import os
import pprint
import re
import sys
import traceback

from _outpost_channel import encoded

ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
OWN = os.path.dirname(os.path.abspath(__file__)) + os.sep


def cleaned(data):
    """Returns the texts of a bundle, with bytes as base64, and its other values as JSON text."""
    texts, others = {}, {}
    for mime, value in (data or {}).items():
        if isinstance(value, (bytes, bytearray)):
            value = base64.b64encode(value).decode()
        elif isinstance(value, str) and mime.startswith("image/") and mime != "image/svg+xml":
            value = "".join(value.split())
        elif value is None:
            continue
        if isinstance(value, str):
            texts[str(mime)] = value
        else:
            others[str(mime)] = json_text(value)
    return texts, others


def json_text(value):
    try:
        return encoded(value).decode()
    except ValueError:
        # It has a number that JSON has not.
        return encoded(repr(value)).decode()


class Results:
    """Sends results, each within the limit of the server."""

    def __init__(self, channel):
        self.channel, self.id, self.limit = channel, None, 1 << 20

    def send(self, data, metadata=None, is_main=False, count=None, display_id=None, update=False):
        if self.id is None:
            # A thread of an earlier request shows something, and nobody would get it.
            return
        texts, others = cleaned(data)
        message = {"type": "result", "id": self.id, "data": texts, "json": others, "is_main_result": is_main}
        if metadata:
            message["metadata"] = json_text(metadata)
        if count is not None:
            message["execution_count"] = count
        if display_id is not None:
            message["display_id"] = str(display_id)
        if update:
            message["update"] = True
        self.channel.send(self._bounded(message))

    def _bounded(self, message):
        """Leaves out the largest representations until the message fits."""
        payload = encoded(message)
        omitted = message.setdefault("omitted", {})
        while len(payload) > self.limit and (message["data"] or message["json"]):
            message.pop("metadata", None)
            sizes = {(part, mime): len(value) for part in ("data", "json") for mime, value in message[part].items()}
            part, mime = max(sizes, key=sizes.get)
            value = message[part].pop(mime)
            if mime == "text/plain" and mime not in omitted and len(value) > 2000:
                message[part][mime] = f"{value[:1000]}…"
            omitted[mime] = omitted.get(mime, len(value.encode("utf-8", "replace")))
            payload = encoded(message)
        return payload


METHODS = {
    "_repr_html_": "text/html", "_repr_markdown_": "text/markdown", "_repr_svg_": "image/svg+xml",
    "_repr_png_": "image/png", "_repr_jpeg_": "image/jpeg", "_repr_pdf_": "application/pdf",
    "_repr_latex_": "text/latex", "_repr_json_": "application/json", "_repr_javascript_": "application/javascript",
}


def called(value, method):
    if isinstance(value, type):
        return None
    function = getattr(value, method, None)
    if not callable(function):
        return None
    try:
        return function()
    except NotImplementedError:
        return None
    except Exception:
        traceback.print_exc()
        return None


def figure_png(figure):
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", bbox_inches="tight")
    return buffer.getvalue()


def bundle(value):
    """Returns the representations of a value and their metadata, without IPython."""
    data, metadata = {"text/plain": pprint.pformat(value, width=80, compact=True, sort_dicts=False)}, {}
    whole = called(value, "_repr_mimebundle_")
    if isinstance(whole, tuple):
        whole, metadata = whole
    if isinstance(whole, dict):
        data.update(whole)
    for method, mime in METHODS.items():
        made = called(value, method)
        if isinstance(made, tuple) and len(made) == 2:
            made, metadata[mime] = made
        if made is not None:
            data.setdefault(mime, made)
    figure = getattr(sys.modules.get("matplotlib.figure"), "Figure", None)
    if figure is not None and isinstance(value, figure):
        data["image/png"] = figure_png(value)
    return data, metadata


class Outcome:
    """What a piece of code came to, besides its output and results."""

    def __init__(self, count, error=None):
        self.count, self.error = count, error


def error_of(name, value, lines):
    text = [ANSI.sub("", str(line)) for line in lines]
    return {"name": str(name), "value": ANSI.sub("", value), "traceback": text}


def text_of(value):
    try:
        return str(value)
    except Exception:
        return "<the error cannot be converted to text>"


def lines_of(error, trace):
    """Returns the lines of a traceback, without the kernel's own frames."""
    whole = traceback.TracebackException(type(error), error, trace)
    part = whole
    while part is not None:
        part.stack = traceback.StackSummary.from_list(
            [frame for frame in part.stack if not frame.filename.startswith(OWN)])
        part = part.__cause__ or part.__context__
    return "".join(whole.format()).rstrip("\n").split("\n")


INTERRUPTED = error_of("KeyboardInterrupt", "", ["KeyboardInterrupt"])
