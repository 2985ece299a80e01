# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import copy
import pickle


class Thing:
    def __init__(self, value):
        self.value = value


print(pickle.loads(pickle.dumps(Thing(3))).value, pickle.dumps(Thing(3)), copy.deepcopy(Thing([1])).value)
