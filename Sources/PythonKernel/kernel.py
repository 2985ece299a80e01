# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0

"""The Python kernel of a sandbox. It runs code for the server; docs/kernel-protocol.md has the messages.

It uses IPython when the image has it, and the standard library otherwise.
"""

import asyncio
import builtins
import importlib.util
import io
import os
import signal
import sys

from _outpost_channel import STDERR, STDOUT, Channel, NoInput, Stream, refuse_input
from _outpost_ipython import ipython_shell
from _outpost_plain import PlainShell
from _outpost_results import INTERRUPTED, Results, error_of, lines_of, text_of

PROTOCOL = 1


class Kernel:
    """Serves the requests of the server, one after the other."""

    def __init__(self, channel):
        self.channel = channel
        self.results = Results(channel)
        self.loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self.loop)
        self.requests = asyncio.Queue()
        # The request in progress and its task.
        self.id, self.task = None, None
        self.was_interrupted = False
        # Signals that were announced and have not arrived.
        self.announced = 0
        self.is_reading, self.has_signal = False, False
        self.is_open = True
        self.shell = self._shell()

    def _shell(self):
        if importlib.util.find_spec("IPython"):
            try:
                return ipython_shell(self.results)
            except Exception as error:
                print(f"the kernel goes on without IPython: {error!r}", file=sys.stderr)
        return PlainShell(self.results)

    def run(self):
        """Serves until the server closes its end."""
        signal.signal(signal.SIGINT, self._signalled)
        self._permit_asyncio_run()
        self.loop.add_reader(self.channel.reads, self._read)
        serving = self.loop.create_task(self._serve())
        self.channel.send({
            "type": "ready", "protocol": PROTOCOL, "language": "python", "version": sys.version.split()[0],
            "implementation": self.shell.implementation})
        while self.is_open and not serving.done():
            try:
                self.loop.run_forever()
            except KeyboardInterrupt:
                # It was raised in a task of the user, or in the code that ends a task.
                self._cancel()

    # Requests.

    def _read(self):
        if not self.channel.has_arrived():
            # A signal has come since the loop saw the message, and its handler has read it.
            return
        self.is_reading = True
        found = self._receive()
        self.is_reading = False
        if self.has_signal:
            self.has_signal = False
            self._signalled(found=found)
        elif found:
            self._interrupt()

    def _receive(self):
        """Reads what has arrived.

        Returns whether the request in progress shall be interrupted. A signal follows each such message.
        """
        messages = self.channel.receive()
        if messages is None:
            self.is_open = False
            self.loop.stop()
            return False
        found = False
        for message in messages:
            if message["type"] == "interrupt":
                self.announced += 1
                found = found or message["id"] == self.id
            else:
                self.requests.put_nowait(message)
        return found

    async def _serve(self):
        while True:
            request = await self.requests.get()
            answer = {"exec": self._execute, "complete": self._complete, "inspect": self._inspect}[request["type"]]
            await self._perform(request, answer)
            if self.channel.is_child:
                os._exit(0)

    async def _perform(self, request, answer):
        self.was_interrupted = False
        self.results.id, self.results.limit = request["id"], request.get("max_result_bytes", 1 << 20)
        self.task = self.loop.create_task(answer(request))
        self.id = request["id"]
        await asyncio.wait({self.task})
        task, self.task, self.id, self.channel.pending = self.task, None, None, False
        if task.cancelled() or task.exception() is not None:
            error = INTERRUPTED if self.was_interrupted else described_failure(task)
            reply = {"status": "error", "error": error}
        else:
            reply = task.result()
            if self.was_interrupted and (reply.get("error") or {}).get("name") == "CancelledError":
                reply["error"] = INTERRUPTED
        flush_user_streams()
        self.results.id = None
        self.channel.send({"type": "end", "id": request["id"], **reply})

    async def _execute(self, request):
        open_closed_streams(self.channel)
        outcome = await self.shell.run(request["code"])
        return {
            "status": "ok" if outcome.error is None else "error", "error": outcome.error,
            "execution_count": outcome.count}

    async def _complete(self, request):
        matches, start, end = self.shell.complete_request(request["code"], request["cursor"])
        return {"status": "ok", "matches": matches[:1000], "cursor_start": start, "cursor_end": end}

    async def _inspect(self, request):
        data = self.shell.inspect_request(request["code"], request["cursor"], request.get("detail", False))
        return {"status": "ok", "found": data is not None, "data": data or {}}

    # Interrupts.

    def _signalled(self, *_, found=False):
        """Handles SIGINT, which Python delivers between two steps of the main thread."""
        if self.is_reading:
            self.has_signal = True
            return
        if not found and self.channel.has_arrived():
            found = self._receive()
        if self.announced:
            # The server announces each of its signals. This one may be late, for a request that has ended.
            self.announced -= 1
            if not found:
                return
        self._interrupt()

    def _interrupt(self):
        if self.task is None or self.task.done():
            return
        self.was_interrupted = True
        if self.channel.depth:
            self.channel.pending = True
            return
        current = asyncio.current_task(self.loop)
        if current is None or current.get_coro().__name__ == "_serve":
            # The code waits. A select that a signal has interrupted goes on, so the loop must be woken.
            self.loop.call_soon_threadsafe(self._cancel)
        else:
            raise KeyboardInterrupt

    def _cancel(self):
        if self.task is not None and not self.task.done():
            self.task.cancel()

    def _permit_asyncio_run(self):
        """Makes `asyncio.run` work in a cell, although the kernel's own loop runs."""
        original = asyncio.run

        def run(*arguments, **options):
            running = asyncio._get_running_loop()
            if running is not self.loop:
                return original(*arguments, **options)
            asyncio._set_running_loop(None)
            try:
                return original(*arguments, **options)
            finally:
                asyncio._set_running_loop(running)
                asyncio.set_event_loop(running)

        run.__doc__ = original.__doc__
        asyncio.run = run


def described_failure(task):
    if task.cancelled():
        return error_of("CancelledError", "", ["CancelledError"])
    error = task.exception()
    return error_of(type(error).__name__, text_of(error), lines_of(error, error.__traceback__))


def flush_user_streams():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            pass


def open_closed_streams(channel):
    """Gives the code new streams for those that earlier code has closed. Its variables stay, so its output must too."""
    for kind, name in ((STDOUT, "stdout"), (STDERR, "stderr")):
        try:
            is_closed = getattr(sys, name).closed
        except Exception:
            # It is what the code has put there, and the code's own affair.
            continue
        if is_closed:
            open_stream(channel, kind, name)


def open_stream(channel, kind, name):
    stream = io.TextIOWrapper(Stream(channel, kind, f"<{name}>"), "utf-8", "backslashreplace", write_through=True)
    setattr(sys, name, stream)
    setattr(sys, f"__{name}__", stream)


def main():
    channel = Channel()
    sys.argv = [""]
    sys.path[0] = ""
    sys.stdin = NoInput()
    builtins.input = refuse_input
    open_stream(channel, STDOUT, "stdout")
    open_stream(channel, STDERR, "stderr")
    channel.start()
    Kernel(channel).run()
    flush_user_streams()
    os._exit(0)


if __name__ == "__main__":
    main()
