"""`python stampede.py COUNT`: COUNT processes that refresh at the same moment, for each moment (epoch seconds) on stdin.

Prints how many of them wrote a snapshot, found a fresh one, found another refresh running, or died.
"""

import collections
import os
import sys

from quotaline.refresh.run import refresh


def stampede(count: int, now: float) -> None:
    """Fork `count` children that all begin when the pipe closes."""
    waiting, starter = os.pipe()
    results, result = os.pipe()
    for _ in range(count):
        if os.fork() == 0:
            os.close(starter)
            os.read(waiting, 1)
            os.write(result, refresh(os.environ, now, force=True).status.encode() + b"\n")
            os._exit(0)
    os.close(waiting)
    os.close(starter)
    os.close(result)
    with os.fdopen(results) as lines:
        told = collections.Counter(line.strip() for line in lines)
    died = sum(os.wait()[1] != 0 for _ in range(count))
    print(dict(told), "died", died, flush=True)


if __name__ == "__main__":
    for line in sys.stdin:
        stampede(int(sys.argv[1]), float(line))
