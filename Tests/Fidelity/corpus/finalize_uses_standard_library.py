"""A finalizer at the very end finds the modules that it needs."""
import io
import os
import sys


class Report:
    def __init__(self):
        self.me = self

    def __del__(self):
        text = io.StringIO()
        text.write(os.path.join("a", "b"))
        os.write(1, f"{text.getvalue()} {sys.version_info.major} {os.getcwd()}\n".encode())


report = Report()
import gc

gc.disable()
print(gc.get_freeze_count(), gc.isenabled(), flush=True)
