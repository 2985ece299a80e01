# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Sequences of calls, of which each may use what the ones before it have made."""

import collections

from hostile.calls import recipes
from hostile.calls.descriptions import ways
from hostile.calls.structures import Structures
from hostile.calls.table import numbers

# What else a thing can be used as.
DESCRIPTORS = ("file", "dir", "path_fd", "proc", "pipe", "unix", "tcp", "udp", "netlink", "eventfd", "epoll", "timerfd",
               "signalfd", "inotify", "memfd", "pidfd", "mq", "landlock", "pty", "dup")
IS_ALSO = {"fd": DESCRIPTORS, "sock": ("unix", "tcp", "udp", "netlink"), "file": ("file", "proc", "memfd"),
           "timer": ("timer_at",), "pipe": ("pipe",)}
# Calls that give two things, or one in memory.
GIVES_PAIR = {"pipe2": "pipe", "unix2": "unix"}
# What ends or doubles its caller, or stands still: a sequence with them is soon over.
RARE = {"exit": 0.05, "exit_group": 0.05, "rt_sigreturn": 0.02, "vfork": 0.05, "pause": 0.1, "execve": 0.3,
        "execveat": 0.3, "restart_syscall": 0.1, "rt_sigsuspend": 0.2, "landlock_restrict_self": 0.2, "fork": 0.5,
        "clone": 0.5, "sync": 0.1, "setsid": 0.3, "set_thread_area": 0.3, "setrlimit": 0.3, "kill": 0.5}
MOST_DEPTH = 3


class Generator:
    """Makes one sequence; `chance` alone decides what becomes of it."""

    def __init__(self, chance, preset: str):
        self.chance = chance
        self.ways = {name: made for name, made in ways(preset).items() if name in numbers()}
        self.types = Structures(chance, self.thing)
        self.made = collections.defaultdict(list)
        self.calls = []
        self.depth = 0

    def sequence(self) -> list:
        """Items for the interpreter: `[number, arguments]`, or `["T" or "L", count, times]`, which has a thread, or a loop,
        run the next `count` items so many times."""
        focus = self.focus()
        length = self.chance.choice((4, 8, 16, 24, 40))
        while len(self.calls) < length:
            draw = self.chance.random()
            if draw < 0.06:
                self.calls.append(["T", self.chance.randint(1, 6), self.chance.choice((1, 1, 20, 200))])
            elif draw < 0.12:
                self.calls.append(["L", self.chance.randint(1, 4), self.chance.choice((3, 30, 300, 3000))])
            elif draw < 0.18:
                self.follow(self.chance.choice(recipes.RECIPES))
            else:
                self.add(self.chance.choice(focus))
        return self.calls

    def follow(self, recipe) -> None:
        """Appends calls that only together come to something."""
        first = len(self.calls)
        for name, arguments, results in recipe(self.types, first):
            if name not in self.ways:
                # This preset refuses it: what follows has nothing to go on with, as a program's has not.
                continue
            for kind, reference in results:
                self.made[kind].append(reference)
            self.calls.append([numbers()[name], arguments])

    def focus(self) -> list:
        """A few names, of which a sequence is made: what belongs together meets more often so than among all."""
        names = sorted(self.ways)
        if self.chance.random() < 0.2:
            count = len(names)
        else:
            count = self.chance.choice((3, 6, 12, 24))
        chosen = []
        while len(chosen) < count:
            name = self.chance.choice(names)
            if self.chance.random() < RARE.get(name, 1):
                chosen.append(name)
        return chosen

    def add(self, name: str, way=None) -> None:
        """Appends a call, and before it what its arguments need."""
        types, result = way or self.chance.choice(self.ways[name])
        self.depth += 1
        arguments = [self.types.make(type) for type in types]
        self.depth -= 1
        index = len(self.calls)
        self.calls.append([numbers()[name], arguments])
        if result in GIVES_PAIR:
            self.made[GIVES_PAIR[result]] += [["o", index, 0], ["o", index, 4]]
        elif result == "timer_at":
            self.made[result].append(["o", index, 0])
        elif result:
            self.made[result].append(["r", index])

    def thing(self, kind: str):
        """What an earlier call made, or one that is added for it does; seldom what is of another kind or there before."""
        if kind in ("pid", "tid") and self.chance.random() < 0.7:
            if self.chance.random() < 0.03:
                return self.chance.choice((1, -1, 0))
            return ["q", self.chance.choice((0, 0, 0, 0, 1))]
        if kind == "dir" and self.chance.random() < 0.4:
            return -100
        if kind == "pipe" and self.chance.random() < 0.1:
            # At whose other ends the server waits.
            return self.chance.choice((0, 1, 2))
        draw = self.chance.random()
        if draw < 0.02 and kind in ("fd", *DESCRIPTORS):
            return self.chance.choice((0, 1, 2, 3, 4, -1, 1000))
        kinds = IS_ALSO.get(kind, (kind,)) if draw > 0.06 else DESCRIPTORS
        found = [thing for one in kinds for thing in self.made[one]]
        if found and self.chance.random() < 0.9:
            # The latest are the most likely to be open still.
            return self.chance.choice(found[-6:])
        return self.new(kinds) if self.depth < MOST_DEPTH else self.types.odd()

    def new(self, kinds):
        wanted = set(kinds) | {pair for pair, one in GIVES_PAIR.items() if one in kinds}
        makers = [(name, way) for name, made in self.ways.items() for way in made if way[1] in wanted]
        if not makers:
            return self.types.odd()
        self.add(*self.chance.choice(makers))
        return self.chance.choice([thing for kind in kinds for thing in self.made[kind]][-2:])
