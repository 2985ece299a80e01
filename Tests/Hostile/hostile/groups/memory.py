# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Group M: memory that a program takes for itself. What it takes in the kernel is in memory_kernel."""

from hostile.bench import ended, errors, out
from hostile.case import case, expect

MIB = 1 << 20


@case("M01", "touch memory past the limit", "out_of_memory; nothing of the run survives", quick=True)
def touch_past_limit(bench):
    result = bench.python("x = bytearray(300 << 20)", resource_limits={"memory_mb": 64})
    expect(result["exit_code"] is None and result["signal"] == "SIGKILL", result)
    ended(result, "out_of_memory")
    # The main process is small: only the child is the kernel's victim, and all must go with it.
    result = bench.python(
        "import os, time\n"
        "if os.fork() == 0:\n"
        "    x = b'x' * (300 << 20)\n"
        "os.wait()\n"
        "time.sleep(2)\n"
        "print('survived')", resource_limits={"memory_mb": 64})
    expect(out(result) == "", f"the parent of the victim went on: {out(result)!r}")
    return ended(result, "out_of_memory")


@case("M02", "map 1 TiB without touching it, then touch more than the limit",
      "the mapping is allowed and costs nothing; touched pages count", quick=True)
def map_untouched(bench):
    program = "import mmap\nm = mmap.mmap(-1, 1 << 40, flags=mmap.MAP_PRIVATE | 0x4000)\nprint(len(m), flush=True)\n"
    result = bench.python(program, resource_limits={"memory_mb": 64})
    expect(out(result) == f"{1 << 40}\n", result)
    ended(result, "succeeded")
    result = bench.python(program + "for page in range(0, 200 << 20, 4096): m[page << 8] = 1",
                          resource_limits={"memory_mb": 64})
    expect(out(result) == f"{1 << 40}\n", result)
    return "mapped; " + ended(result, "out_of_memory") + " when touched"


@case("M03", "fork with 90 % of the memory in use, then write to every page in each child", "out_of_memory",
      quick=True)
def copy_on_write(bench):
    result = bench.python(
        "import os, mmap\n"
        "m = mmap.mmap(-1, 110 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)\n"
        "for page in range(0, len(m), 4096): m[page] = 1\n"
        "print('full', flush=True)\n"
        "for child in range(8):\n"
        "    if os.fork() == 0:\n"
        "        for page in range(0, len(m), 4096): m[page] = 2\n"
        "        os._exit(0)\n"
        "for child in range(8): os.wait()\n"
        "print('survived')", resource_limits={"memory_mb": 128})
    expect(out(result) == "full\n", result)
    expect(result["memory_peak_bytes"] <= 128 * MIB, result["memory_peak_bytes"])
    return ended(result, "out_of_memory")


@case("M06", "read all of /usr with little memory; write and map far more dirty pages than the limit",
      "the kernel reclaims page cache within the limit: no false out_of_memory")
def page_cache(bench):
    result = bench.python(
        "import os, time\n"
        "start, size = time.monotonic(), 0\n"
        "buffer = bytearray(1 << 20)\n"
        "for directory, _, names in os.walk('/usr'):\n"
        "    for name in names:\n"
        "        path = os.path.join(directory, name)\n"
        "        if os.path.islink(path) or not os.access(path, os.R_OK): continue\n"
        "        with open(path, 'rb', buffering=0) as file:\n"
        "            while count := file.readinto(buffer): size += count\n"
        "    if time.monotonic() - start > 8 and size > 100 << 20: break\n"
        "print(size)", resource_limits={"memory_mb": 48})
    ended(result, "succeeded")
    read = int(out(result))
    expect(read > 100 * MIB, f"only {read} bytes of /usr were read")
    expect(result["memory_peak_bytes"] <= 48 * MIB, result["memory_peak_bytes"])
    sandbox = bench.sandbox(resource_limits={"memory_mb": 64, "disk_mb": 512})
    result = bench.exec(
        sandbox,
        "import mmap, os\n"
        "with open('/workspace/written', 'wb') as file:\n"
        "    for part in range(150): file.write(b'x' * (1 << 20))\n"
        "fd = os.open('/workspace/mapped', os.O_RDWR | os.O_CREAT)\n"
        "os.ftruncate(fd, 150 << 20)\n"
        "m = mmap.mmap(fd, 150 << 20)\n"
        "for page in range(0, len(m), 4096): m[page] = 1\n"
        "m.flush()\n"
        "print(sum(m[page] for page in range(0, len(m), 4096)))")
    ended(result, "succeeded")
    expect(out(result) == f"{150 * 256}\n", result)
    expect(result["memory_peak_bytes"] <= 64 * MIB, result["memory_peak_bytes"])
    return f"{read // MIB} MiB read with 48 MiB; 300 MiB written and mapped with 64 MiB"


@case("M10", "make the guest agent the victim: lower one's own score, and run out of memory again and again",
      "refused; out_of_memory each time; the agent lives on")
def spare_the_agent(bench):
    result = bench.python(
        "import os\n"
        "for path in ('/proc/self/oom_score_adj', '/proc/self/oom_adj', '/proc/1/oom_score_adj'):\n"
        "    try: os.write(os.open(path, os.O_WRONLY), b'-17' if path.endswith('oom_adj') else b'-1000')\n"
        "    except OSError: continue\n"
        "    print('set', path)\n"
        "print(open('/proc/self/oom_score_adj').read().strip(), flush=True)\n"
        "x = bytearray(300 << 20)", resource_limits={"memory_mb": 64})
    expect(out(result) == "1000\n", result)
    ended(result, "out_of_memory")
    sandbox = bench.sandbox(resource_limits={"memory_mb": 64})
    # /tmp lives as long as the agent: a sandbox that was brought up again has a new one.
    ended(bench.exec(sandbox, "open('/tmp/mark', 'w').write('same')"), "succeeded")
    for attempt in range(10):
        size = 20 + 60 * attempt
        result = bench.exec(
            # All of them stay, so that none ends the run before it is out of memory.
            sandbox, f"import os, time\nfor child in range(4): os.fork()\nx = b'x' * ({size} << 20)\ntime.sleep(5)",
            files=[{"path": "ballast", "content": "y" * (4 * MIB)}])
        ended(result, "out_of_memory")
    result = bench.exec(sandbox, "print(open('/tmp/mark').read())")
    ended(result, "succeeded")
    expect(out(result) == "same\n", result)
    return "score stays 1000; 10 times out_of_memory under one agent"


@case("M11", "memory limits of 0, −1, 1, 2⁶³, 10³⁰⁸, fractions and other JSON types", "refused; never unlimited",
      quick=True)
def absurd_limits(bench):
    seen = []
    for value, statuses in [
        (0, [400]), (-1, [400]), (1, [400]), (-(2**63), [400]), (2**31, [422]), (2**44, [400, 422]),
        (2**63 - 1, [400, 422]), (2**63, [400, 422]), (2**64, [400, 422]), (1e308, [400, 422]), (0.5, [400]),
        (64.5, [400]), ("64", [400]), (True, [400]), ([64], [400]), (None, [400]), (float("nan"), [400]),
        (float("inf"), [400]),
    ]:
        limits = {"memory_mb": value}
        for path, body in [
            ("/execute", {"language": "python", "code": "print(1)", "resource_limits": limits}),
            ("", {"language": "python", "resource_limits": limits}),
        ]:
            status, answer = bench.request("POST", path, body)
            if status == 201:
                bench.sandboxes.append(answer["id"])
            expect(status in statuses, f"memory_mb {value!r} answers {status}: {answer}")
        seen.append(status)
    # No limit named is the default, which is a limit too.
    ended(bench.python("x = b'x' * (700 << 20)", resource_limits={}), "out_of_memory")
    return f"{seen.count(400)} × 400, {seen.count(422)} × 422; without one, the default holds"


@case("M14", "use a known amount of memory: in one process, in children, in a tmpfs", "the peak is right within 5 %")
def reported_peak(bench):
    limits = {"memory_mb": 512}
    amount = 200
    hold = "m = mmap.mmap(-1, {0} << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)\nm.write(b'x' * 4096)\n"
    touch = "for page in range(0, len(m), 4096): m[page] = 1\n"
    programs = {
        "alone": "import mmap, os\n" + hold.format(amount) + touch,
        "in 4 children": (
            "import mmap, os\n"
            "ready, tell = os.pipe()\n"
            "for child in range(4):\n"
            "    if os.fork() == 0:\n"
            f"        m = mmap.mmap(-1, {amount // 4} << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)\n"
            "        for page in range(0, len(m), 4096): m[page] = 1\n"
            "        os.write(tell, b'x')\n"
            "        os.read(0, 1); import time; time.sleep(30)\n"
            "for child in range(4): os.read(ready, 1)\n"),
        "in /dev/shm": (
            "import mmap, os\n"
            "with open('/dev/shm/x', 'wb', buffering=0) as file:\n"
            f"    for part in range({amount}): file.write(b'x' * (1 << 20))\n"),
    }
    baseline = bench.python("import mmap, os\nos.pipe()\n", resource_limits=limits)
    ended(baseline, "succeeded")
    seen = []
    for name, program in programs.items():
        result = bench.python(program, resource_limits=limits)
        ended(result, "succeeded")
        expect(errors(result) == "", result)
        measured = result["memory_peak_bytes"] - baseline["memory_peak_bytes"]
        # Children have stacks, page tables and copied pages of the interpreter, which are memory in use too.
        slack = 0.05 * amount * MIB + (4 * 3 * MIB if "children" in name else 0)
        # A file that is there at the end is no memory of the program's, wherever it is.
        own = 0 if "/dev/shm" in name else amount * MIB
        expect(abs(measured - own) <= slack, f"{name}: {measured} bytes for {own / MIB:g} MiB")
        seen.append(f"{name} {measured / MIB:.1f}")
    return f"{amount} MiB: " + ", ".join(seen)
