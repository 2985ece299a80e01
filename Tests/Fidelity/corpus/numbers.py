# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import decimal
import fractions
import math
print(decimal.getcontext(), decimal.Decimal(1) / 7, fractions.Fraction(1, 3) + 1, math.fsum([0.1] * 10), 2**0.5)
print(int("9" * 4000) % 7)
print(int("9" * 5000))
