# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import os
import sys
print(sys.modules["__main__"].__dict__ is vars())
# It lies beside the working directory, not in it.
sys.path.insert(0, os.path.dirname(__file__))
import main
print(main.__name__, main.__file__, main.__cached__, main is sys.modules["__main__"])
if __name__ == "__main__":
    print("is main")
