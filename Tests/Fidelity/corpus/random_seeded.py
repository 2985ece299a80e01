# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import random
random.seed(5)
print(random.random(), random.sample(range(1000), 5), random.Random("text").random())
