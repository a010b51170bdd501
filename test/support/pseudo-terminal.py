"""Runs a program on a terminal of its own and types when what is waited for can be read.

Arguments: the script as JSON, [[what to wait for, what to type], ...]; then the program. The screen
goes to stdout, the exit code is the program's; 99 if the program ended before all was typed.
"""

import json
import os
import pty
import sys

script = json.loads(sys.argv[1])
child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[2], sys.argv[2:])

unread = b""
while True:
    try:
        data = os.read(terminal, 4096)
    except OSError:  # Linux: nobody has the other end open any more.
        break
    if not data:
        break
    sys.stdout.buffer.write(data)
    unread += data
    if script and script[0][0].encode() in unread:
        os.write(terminal, script.pop(0)[1].encode())
        unread = b""

_, status = os.waitpid(child, 0)
sys.exit(99 if script else os.waitstatus_to_exitcode(status))
