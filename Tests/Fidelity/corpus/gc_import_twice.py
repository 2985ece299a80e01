"""The collector's module is the one that is built in, however it is imported."""
import importlib
import sys

import _imp

print(_imp.create_builtin, _imp.create_builtin.__module__, _imp.create_builtin.__name__)
print("gc" in sys.modules)
gc = importlib.import_module("gc")
import gc as again

print(gc is again, gc.get_freeze_count(), gc.__spec__.origin, repr(gc))
print(_imp.create_builtin)
seen = [o for o in gc.get_objects() if o is sys.modules or o is vars(sys.modules["os"])]
print(len(seen))
