"""EFFECT Starts the prompt path by `PYTHON -I -S start.py PROGRAM …`, in less time than Python's usual start takes.

Neither a PYTHON… variable, a `.pth` file nor a `sitecustomize` has a say then. A program to run, not a module to import.
"""

import sys

if __name__ == "__main__":
    sys.path.append(sys.argv.pop(0).rpartition("/quotaline/")[0])
    from quotaline.__main__ import main

    sys.exit(main())
