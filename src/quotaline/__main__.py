"""EFFECT The door: `statusline`, `prompt` and `guard --hook` go to prompt/, all else to commands/."""

import marshal  # part of every interpreter's start
import os
import sys

import quotaline

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

HOT = ("core", "render", "prompt")


def main() -> int:
    """Run one command and return its exit code."""
    words = sys.argv[1:]
    own = words[: words.index("--")] if words[:1] == ["guard"] and "--" in words else words  # behind it is another's command
    hot = own and "--help" not in own and (own[0] in ("statusline", "prompt") or (own[0] == "guard" and "--hook" in own))
    if hot:
        try:
            import_faster()
        except Exception:  # noqa: BLE001, S110 - then Python's own way it is
            pass
    if not os.geteuid() and words[:1] not in (["install"], ["uninstall"]):  # those keep each file's owner
        from quotaline.core.owner import become_owner_of_home

        become_owner_of_home(os.environ, quotaline.__path__[0])
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
        os._exit(0)  # everything is written; the interpreter's own tidying up would take a tenth of the time
    if words == ["refresh", "--background"]:  # what prompts start, each minute: no option to parse, nobody to tell
        from quotaline.refresh.background import main as background

        return background()
    from quotaline.commands import cli

    return cli()


def import_faster() -> None:
    """Import the hot rooms without looking for them: their files are known. It saves a third of what their import costs.

    Python's own finder and loader are asked wherever anything is not as it usually is.
    """
    spec: Any = quotaline.__spec__
    machinery = sys.modules.get("_frozen_importlib_external")
    source_loader, magic = getattr(machinery, "SourceFileLoader", None), getattr(machinery, "MAGIC_NUMBER", b"")
    if type(spec.loader) is not source_loader or sys.flags.optimize or sys.pycache_prefix:
        return
    make_spec, root, tag = type(spec), quotaline.__path__[0], f".{sys.implementation.cache_tag}.pyc"
    header = magic + bytes(4)  # of this version, and checked by its source's time

    class Loader(source_loader):  # type: ignore[valid-type, misc]
        def exec_module(self, module: "ModuleType") -> None:
            """Run a file; a room's own `__init__` holds words and nothing to run."""
            if not hasattr(module, "__path__"):
                super().exec_module(module)

        def get_code(self, fullname: str) -> object:
            """The module's code from its cache file, by the same rule as Python's: of this version, for this source."""
            folder, _, file = self.path.rpartition("/")
            try:
                changed = int(os.stat(self.path).st_mtime) & 0xFFFFFFFF
                descriptor = os.open(f"{folder}/__pycache__/{file[:-3]}{tag}", os.O_RDONLY)
                try:
                    data = os.read(descriptor, 1 << 16)
                finally:
                    os.close(descriptor)
                if data[:8] == header and data[8:12] == changed.to_bytes(4, "little"):
                    return marshal.loads(memoryview(data)[16:])
            except (OSError, ValueError, EOFError, TypeError):
                pass
            return super().get_code(fullname)

        @staticmethod
        def find_spec(name: str, _path: object = None, _target: object = None) -> object:
            """A spec for a hot room or a file in one; None, which asks the next finder, for all else."""
            _, room, leaf = (*name.split("."), "", "")[:3]
            if room not in HOT or not name.startswith("quotaline."):
                return None
            folder = f"{root}/{room}"
            file = f"{folder}/{leaf or '__init__'}.py"
            found = make_spec(name, Loader(name, file), origin=file, is_package=not leaf)
            if found.submodule_search_locations is not None:
                found.submodule_search_locations.append(folder)
            found.has_location = True
            return found

    sys.meta_path.insert(0, Loader)  # type: ignore[arg-type]


if __name__ == "__main__":
    sys.exit(main())
