"""Runs a command and keeps hold of all that it starts, detached processes too (Linux).

python supervise.py COMMAND ARGUMENT...

Ray's processes outlive their parents and would leave the process tree. Here orphans become children
of this process, so the CPU time of its tree is complete, ended processes included, and so is the
clean-up: when the command ends, or this process is told to, or its own parent dies, what is left is
killed. Only what raylet starts is lost to the sum when it ends before raylet, which waits for none.
"""

import ctypes
import os
import signal
import sys
from pathlib import Path

# From <linux/prctl.h>.
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


def prctl(option, value):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def stop(number, _frame):
    sys.exit(128 + number)


def run(command):
    main = os.spawnvp(os.P_NOWAIT, command[0], command)
    while True:
        pid, status = os.wait()
        if pid == main:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def kill_the_rest():
    # The children of one that dies become ours, so this ends with the last of them.
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    while True:
        for pid in children.read_text().split():
            os.kill(int(pid), signal.SIGKILL)
        try:
            os.wait()
        except ChildProcessError:
            return


for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, stop)
prctl(PR_SET_CHILD_SUBREAPER, 1)
prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
try:
    code = run(sys.argv[1:])
finally:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    kill_the_rest()
sys.exit(code)
