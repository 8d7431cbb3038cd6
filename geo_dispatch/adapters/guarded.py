"""Run a module that ends when its parent does: ``python -m geo_dispatch.adapters.guarded MODULE``.

The parent holds the other end of our standard input and never writes to it. However the parent
dies, SIGKILL included, the kernel closes that end, we read end-of-file, and leave as if asked to.
This works wherever pipes do; Linux' PR_SET_PDEATHSIG would follow the parent's *thread*.
"""

from __future__ import annotations

import gc
import os
import runpy
import signal
import sys
import threading
import time
from typing import Final

GRACE_S: Final = 2.0
"""How long an orphan may take to leave on its own."""


def leave_with_parent() -> None:
    """Wait for the end of standard input, then end this process."""
    # os.read, not sys.stdin: a daemon thread inside a buffered reader aborts the interpreter's
    # shutdown when the module ends by itself.
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_S)
    os._exit(1)


def main() -> None:
    """Run the module named by the first argument as a script, with the arguments after it."""
    module = sys.argv[1]
    sys.argv = sys.argv[1:]
    threading.Thread(target=leave_with_parent, name="guard", daemon=True).start()
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    finally:
        gc.freeze()  # or the interpreter spends a second at its end collecting what dies anyway


if __name__ == "__main__":
    main()
