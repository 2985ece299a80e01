# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import dataclasses
import enum
import typing


@dataclasses.dataclass(order=True)
class Point:
    x: int
    y: "typing.Optional[int]" = None


print(Point(1) < Point(2, 3), Point(1), typing.get_type_hints(Point), enum.Enum("E", "A B").A)
