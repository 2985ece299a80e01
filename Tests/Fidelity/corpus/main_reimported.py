# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import sys
print(sys.modules["__main__"].__dict__ is vars())
import main
print(main.__name__, main.__file__, main.__cached__, main is sys.modules["__main__"])
if __name__ == "__main__":
    print("is main")
