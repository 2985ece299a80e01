# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import asyncio


async def main():
    print(await asyncio.gather(*(asyncio.sleep(0.01, number) for number in range(3))))
    child = await asyncio.create_subprocess_exec("echo", "from the child", stdout=asyncio.subprocess.PIPE)
    print(await child.communicate(), child.returncode)
    raise ValueError("out of the loop")


asyncio.run(main())
