# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""The published table."""

import collections
import os
import platform

GROUPS = {
    "P": "Processes", "M": "Memory", "C": "CPU", "D": "Disk", "F": "File system escape", "K": "Kernel interface",
    "N": "Network", "O": "Output", "A": "API", "S": "State, crash, time", "L": "Side channels and leaks",
    "Q": "What one namespace can take from another",
    "W": "Attacks on warm interpreters and compilers",
    "R": "What the kernel has once for all",
}

INTRODUCTION = """# The hostile catalogue, as it was seen

`make hostile` generates this page. Each case is a program or a client that attacks a running server through its public API.
After each case the server must be healthy, and a new run as fast as before. Nothing may be left on the host, and the canary
files must be unchanged. Each case of the catalogue has a row. *FAILED* is a case that failed. *Open* is a case that fails for a
known reason. *Not here* is a case that cannot run on this host or has nothing to attack in this version; the row says why.
Group V, hostile guests of virtual machines, has no rows, because this version has no virtual machines.
"""


def cell(text: str) -> str:
    """Text that cannot break a table, or the page."""
    plain = "".join(character if character.isprintable() else " " for character in str(text))
    return plain.replace("|", "\\|").replace("<", "&lt;").strip()[:300]


NEIGHBOUR = """## A neighbour beside each group

A tenant in another namespace ran a small Python program ten times a second, for 10 s before the group and beside its cases. Each
run took turns with a run on another server that nobody attacked. The figures are the 90th and the 99th percentile in
milliseconds. A group fails when they rise to more than 2 and 5 times their values before it, less what the other server shows
too. `Tests/Hostile/alone.txt` has the cases that had to run alone, with the reason.

| group | before | during | runs | other server before | during | alone | |
| :--- | ---: | ---: | ---: | ---: | ---: | :--- | :--- |"""


def neighbour_rows(judgements: list) -> list:
    rows = [NEIGHBOUR]
    for one in judgements:
        numbers = ["–"] * 5
        if one.loud:
            numbers = [one.quiet.words(one.quiet.here), one.loud.words(one.loud.here), f"{one.quiet.runs}, {one.loud.runs}",
                       one.quiet.words(one.quiet.beside), one.loud.words(one.loud.beside)]
        said = f"{one.outcome}: {one.reason}" if one.reason else one.outcome
        rows.append(f"| {GROUPS[one.group]} | {' | '.join(numbers)} | {', '.join(sorted(one.alone))} | {cell(said)} |")
    return [*rows, ""]


def write_table(path: str, results: list, judgements: list) -> None:
    """Writes what was tried, expected and seen, group by group."""
    count = collections.Counter(outcome for _, outcome, _ in results)
    parts = [INTRODUCTION, f"Host: Linux {platform.release()}, {os.cpu_count()} processors. "
             f"{len(results)} cases: {', '.join(f'{number} {outcome}' for outcome, number in count.most_common())}.\n"]
    if judgements:
        parts += neighbour_rows(judgements)
    for letter, title in GROUPS.items():
        rows = [result for result in results if result[0].id.startswith(letter)]
        if not rows:
            continue
        parts.append(f"## {title}\n\n| id | attack | expected | seen | |\n| :--- | :--- | :--- | :--- | :--- |")
        for case, outcome, seen in sorted(rows, key=lambda row: row[0].id):
            parts.append(f"| {case.id} | {cell(case.attack)} | {cell(case.expected)} | {cell(seen)} | {outcome} |")
        parts.append("")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(parts))
