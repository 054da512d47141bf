"""Runs a command in a terminal of its own and plays a person: python3 pty_session.py '{"argv": [...], "steps": [...]}'.

A step waits until the screen matches `see` (what came since the step before), then types `type` or makes the terminal
`size` [rows, columns]. Prints {"code": exit code, "screen": all of it, "cooked": whether the terminal was put back}.
"""

import fcntl
import json
import os
import pty
import re
import select
import struct
import sys
import termios
import time

play = json.loads(sys.argv[1])
WITHIN_S = 60


def resize(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


pid, fd = pty.fork()
if pid == 0:
    resize(0, *play.get("size", [24, 80]))
    os.execvp(play["argv"][0], play["argv"])

screen, fresh, steps = "", "", list(play["steps"])
deadline = time.monotonic() + WITHIN_S
while time.monotonic() < deadline:
    while steps and re.search(steps[0]["see"], fresh):
        step = steps.pop(0)
        fresh = ""
        if "size" in step:
            resize(fd, *step["size"])
        if "type" in step:
            os.write(fd, step["type"].encode())
    ready, _, _ = select.select([fd], [], [], 1)
    if not ready:
        continue
    cooked = bool(termios.tcgetattr(fd)[3] & termios.ICANON)
    try:
        data = os.read(fd, 65536).decode("utf-8", "replace")
    except OSError:
        break
    if data == "":
        break
    screen += data
    fresh += data
else:
    os.kill(pid, 9)

_, status = os.waitpid(pid, 0)
print(json.dumps({"code": os.waitstatus_to_exitcode(status), "screen": screen, "left": len(steps), "cooked": cooked}))
