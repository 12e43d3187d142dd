"""EFFECT The door: `statusline`, `prompt` and `guard --hook` go to prompt/, a plain `init` to core/, all else to commands/."""

import builtins
import marshal  # part of every interpreter's start
import sys

import quotaline

try:
    import posix as system
except ImportError:  # not a Unix
    import os as system  # type: ignore[no-redef]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

HOT = ("core", "render", "prompt")


def main() -> int:
    """Run one command and return its exit code."""
    words = sys.argv[1:]
    own = words[: words.index("--")] if words[:1] == ["guard"] and "--" in words else words  # behind it is another's command
    hot = own and "--help" not in own and (own[0] in ("statusline", "prompt") or (own[0] == "guard" and "--hook" in own))
    alone = words == ["refresh", "--background"]
    if hot or alone or words[:1] == ["init"]:
        try:
            import_faster(every_room=alone)
        except Exception:  # noqa: BLE001, S110 - then Python's own way it is
            pass
    from quotaline.core.system import environ, fsencode, geteuid

    if not geteuid() and words[:1] not in (["install"], ["uninstall"]):  # those keep each file's owner
        from quotaline.core.owner import become_owner_of_home

        become_owner_of_home(environ(), quotaline.__path__[0])
    if hot:
        if own[0] == "statusline":
            from quotaline.prompt.statusline import main as statusline

            statusline(own[1:])
        elif own[0] == "prompt":
            from quotaline.prompt.line import main as prompt

            prompt(own[1:])
        else:
            from quotaline.prompt.guard_hook import main as hook

            hook(own[1:])
        system._exit(0)  # everything is written; the interpreter's own tidying up would take a tenth of the time
    if words[:1] == ["init"]:  # a shell's start waits for it
        from quotaline.core.shell_code import plain_init

        text = plain_init(words[1:], environ(), sys.argv[0])
        if text is not None:
            sys.stdout.buffer.write(fsencode(text))
            return 0
    if alone:  # what prompts start, each minute: no option to parse, nobody to tell
        from quotaline.refresh.background import main as background

        return background()
    from quotaline.commands import cli

    return cli()


def import_faster(*, every_room: bool = False) -> None:
    """Import the hot rooms without looking for them: their files are known. It saves half of what their import costs.

    With `every_room`, what is in the other rooms too, once Python has imported the room itself.

    Python's own import is asked wherever anything is not as it usually is.
    """
    spec: Any = quotaline.__spec__
    machinery = sys.modules.get("_frozen_importlib_external")
    source_loader, magic = getattr(machinery, "SourceFileLoader", None), getattr(machinery, "MAGIC_NUMBER", b"")
    if type(spec.loader) is not source_loader or sys.flags.optimize or sys.pycache_prefix:
        return
    modules, make, usual = sys.modules, type(sys), builtins.__import__
    root, tag = quotaline.__path__[0], f".{sys.implementation.cache_tag}.pyc"
    header = magic + bytes(4)  # of this version, and checked by its source's time
    for room in HOT:  # a room's own `__init__` holds words and nothing to run
        module = modules[f"quotaline.{room}"] = make(f"quotaline.{room}")
        module.__path__, module.__package__ = [f"{root}/{room}"], module.__name__
        setattr(quotaline, room, module)

    def load(room: str, leaf: str) -> None:
        name, file = f"quotaline.{room}.{leaf}", f"{root}/{room}/{leaf}.py"
        code = cached_code(file, f"{root}/{room}/__pycache__/{leaf}{tag}", header)
        if code is None:
            return
        module = modules[name] = make(name)
        module.__file__, module.__package__ = file, f"quotaline.{room}"
        try:
            exec(code, module.__dict__)  # noqa: S102 - what an import does
        except BaseException:
            del modules[name]
            raise
        setattr(modules[f"quotaline.{room}"], leaf, module)

    def importer(name: str, globals: "Any" = None, locals: "Any" = None, fromlist: "Any" = (), level: int = 0) -> "Any":  # noqa: A002 - as Python's own
        """`from NAME import NAMES`, where NAME is a hot room or a module in a room; else as ever."""
        if fromlist and not level and name[:10] == "quotaline.":
            _, room, leaf = (*name.split("."), "")[:3]
            if every_room and leaf and f"quotaline.{room}" not in modules:
                usual(f"quotaline.{room}")
            if room in HOT or (every_room and leaf):
                for module in (leaf,) if leaf else fromlist:
                    if f"quotaline.{room}.{module}" not in modules:
                        load(room, module)
                if leaf and name in modules:
                    return modules[name]
        return usual(name, globals, locals, fromlist, level)

    builtins.__import__ = importer


def cached_code(file: str, cache: str, header: bytes) -> "Any":
    """A module's code from its cache file, by the same rule as Python's: of this version, for this source. Else None."""
    try:
        changed = int(system.stat(file).st_mtime) & 0xFFFFFFFF
        descriptor = system.open(cache, system.O_RDONLY)
        try:
            data = system.read(descriptor, 1 << 16)
        finally:
            system.close(descriptor)
        if data[:8] == header and data[8:12] == changed.to_bytes(4, "little"):
            return marshal.loads(memoryview(data)[16:])
    except (OSError, ValueError, EOFError, TypeError):
        pass
    return None


if __name__ == "__main__":
    sys.exit(main())
