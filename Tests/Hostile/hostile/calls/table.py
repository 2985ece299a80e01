# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Which system calls the filter allows, read from its source so that no copy grows old, and their numbers here."""

import functools
import os
import re
import subprocess

PROFILES = os.path.join(os.path.dirname(os.path.abspath(__file__)), *[".."] * 4, "Sources", "OutpostDriverNamespaces",
                        "Seccomp")
# Far below what the list has, so that a source which is written otherwise is noticed, and no call that is taken away.
FEWEST_CALLS = 250
# Those that the headers of an older distribution do not have. From 424 on all architectures have the same numbers.
NEWER_NUMBERS = {
    "cachestat": 451, "fchmodat2": 452, "map_shadow_stack": 453, "futex_wake": 454, "futex_wait": 455,
    "futex_requeue": 456, "mseal": 462, "setxattrat": 463, "getxattrat": 464, "listxattrat": 465, "removexattrat": 466,
}


def source(name: str) -> str:
    """A file of the profile without its comments."""
    with open(os.path.join(PROFILES, name), encoding="utf-8") as file:
        return re.sub(r"//.*", "", file.read())


def declaration(text: str, name: str) -> str:
    """What is assigned to the static property `name`, up to the next one."""
    match = re.search(rf"static let {name}\b.*?=(.*?)(?=\n    (?:private )?static let |\n}}\n)", text, re.S)
    if not match:
        raise ValueError(f"the profile has no {name} any more")
    return match.group(1)


def strings(text: str) -> list:
    return re.findall(r'"([a-z][a-z0-9_]*)"', text)


def names_of(entries: str) -> list:
    """The calls of a list of `Allowed` or `Refused`, whose reasons are strings too."""
    return [name for names in re.findall(r"names: \[(.*?)\]", entries, re.S) for name in strings(names)]


@functools.cache
def allowed(preset: str = "default") -> tuple:
    """The names of the calls that a preset allows, all or with some arguments only."""
    standard = source("SeccompProfile+Standard.swift")
    names = names_of(declaration(standard, "standardAllowed"))
    names += re.findall(r'name: "([a-z0-9_]+)"', declaration(standard, "standardAllowedArguments"))
    if len(names) < FEWEST_CALLS or not {"read", "futex", "clone", "personality"} <= set(names):
        raise ValueError(f"only {len(names)} calls can be read out of the profile")
    presets = source("SeccompProfile+Presets.swift")
    if preset == "strict":
        removed = strings(declaration(presets, "strictRemovals"))
        names = [name for name in names if name not in removed]
    if preset == "debug":
        names += strings(declaration(presets, "debugging"))
    return tuple(sorted(set(names)))


@functools.cache
def refused() -> tuple:
    """The names of the calls that the default preset names to refuse them."""
    return tuple(sorted(set(names_of(declaration(source("SeccompProfile+Standard.swift"), "standardRefused")))))


@functools.cache
def unknown() -> tuple:
    """Those of them that are answered as if the kernel did not know them."""
    entries = re.split(r"Refused\(", declaration(source("SeccompProfile+Standard.swift"), "standardRefused"))
    return tuple(sorted(name for entry in entries if "unknownError" in entry for name in names_of(entry)))


@functools.cache
def numbers() -> dict:
    """The number of each call on this machine, by name; what this architecture does not have is not there."""
    defined = subprocess.run(["/usr/bin/gcc", "-E", "-dM", "-"], input="#include <asm/unistd.h>\n", text=True,
                             stdout=subprocess.PIPE, check=True).stdout
    found = {name: int(number) for name, number in re.findall(r"#define __NR_([a-z0-9_]+) (\d+)", defined)}
    return {**NEWER_NUMBERS, **found}
