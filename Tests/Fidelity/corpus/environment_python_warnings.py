# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# run: {"env": [["PYTHONWARNINGS", "error::DeprecationWarning"]]}
import sys
import warnings
print(sys.warnoptions, warnings.filters)
warnings.warn("as an error", DeprecationWarning)
