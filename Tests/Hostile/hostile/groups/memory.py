# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Group M: memory."""

from hostile.bench import ended, out
from hostile.case import case, expect


@case("M01", "touch memory past the limit", "out_of_memory; nothing of the run survives", quick=True)
def touch_past_limit(bench):
    result = bench.python("x = bytearray(300 << 20)", resource_limits={"memory_mb": 64})
    expect(result["exit_code"] is None and result["signal"] == "SIGKILL", result)
    return ended(result, "out_of_memory")


@case("M02", "map 1 TiB without touching it", "allowed; costs nothing", quick=True)
def map_untouched(bench):
    result = bench.python(
        "import mmap\nm = mmap.mmap(-1, 1 << 40, flags=mmap.MAP_PRIVATE | 0x4000)\nprint(len(m))",
        resource_limits={"memory_mb": 64})
    expect(out(result) == f"{1 << 40}\n", result)
    return ended(result, "succeeded")
