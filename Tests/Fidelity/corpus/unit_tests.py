# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import unittest


class Case(unittest.TestCase):
    def test_passes(self):
        self.assertEqual(1, 1)

    def test_fails(self):
        with self.subTest("part"):
            self.assertEqual(1, 2)


unittest.main(argv=["main"], testRunner=unittest.TextTestRunner(stream=__import__("io").StringIO(), verbosity=2))
