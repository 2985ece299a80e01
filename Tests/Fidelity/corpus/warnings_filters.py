# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import warnings
print(warnings.filters)
warnings.warn("shown")
warnings.warn("of a part", DeprecationWarning)
warnings.warn("a resource", ResourceWarning)
print("\d")
