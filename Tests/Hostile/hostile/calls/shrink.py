# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Makes what fails smaller, by halves, as long as it is cheap."""

import dataclasses

from hostile.calls.table import numbers

MOST_TRIES = 24


class Shrinker:
    """`fails(runs)` plays runs and says whether they are still at fault."""

    def __init__(self, fails):
        self.fails = fails
        self.tries = MOST_TRIES

    def still(self, runs: list) -> bool:
        self.tries -= 1
        return self.tries >= 0 and self.fails(runs)

    def shrink(self, runs: list) -> list:
        """The smallest runs that were found to fail: the same when they do not fail again."""
        if not self.still(runs):
            return runs
        runs = self.halved(runs, lambda part: part)
        if len(runs) != 1:
            return runs
        run = runs[0]
        for place, sequences in enumerate(run.lists):
            def with_list(part, place=place):
                return [dataclasses.replace(run, lists=(*run.lists[:place], part, *run.lists[place + 1:]))]
            sequences = self.halved(sequences, with_list)
            run = with_list(sequences)[0]
        if sum(map(len, run.lists)) == 1:
            [(place, sequence)] = [(place, one) for place, one in enumerate(run.lists) if one]
            # What a call names is an earlier one by its number, so only the end can go.
            run = self.shortened(run, place, sequence[0])
        return [run]

    def halved(self, items: list, made) -> list:
        while len(items) > 1 and self.tries > 0:
            half = len(items) // 2
            if self.still(made(items[:half])):
                items = items[:half]
            elif self.still(made(items[half:])):
                items = items[half:]
            else:
                break
        return items

    def shortened(self, run, place: int, sequence: list):
        length = len(sequence)
        while length > 1 and self.tries > 0:
            shorter = dataclasses.replace(run, lists=(*run.lists[:place], [sequence[:length // 2]], *run.lists[place + 1:]))
            if not self.still([shorter]):
                break
            run, length = shorter, length // 2
        return run


def told(runs: list) -> str:
    """Runs as text, a call a line."""
    names = {number: name for name, number in numbers().items()}
    written = []
    for run in runs:
        written.append(str(run))
        for sequences in run.lists:
            for sequence in sequences:
                for index, item in enumerate(sequence):
                    name = names.get(item[0], item[0])
                    written.append(f"  {index}: {name} {' '.join(map(str, item[1:]))}"[:300])
                written.append("  --")
    return "\n".join(written)
