"""EFFECT The code that shells read: what `init` prints, and what `install` keeps in files of its own.

Such a file is a line that names its version, settings (where things are on this machine), an empty line, and code. The next
refresh after an upgrade renews the code and leaves the settings.
"""

import os

from quotaline.core.paths import cache_dir
from quotaline.core.surfaces import SHELLS, SURFACES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

OPENING = "# quotaline "
HEAD = OPENING + "{}, written by `install`; a refresh of a newer version renews it, `uninstall` removes it.\n"
ACCOUNT = ("__quotaline_dir", "__quotaline_config_dir")
SCRIPTS = {"chain.sh": ("chain.sh",), "starship.sh": ("frame.sh", "line.sh"), "tmux.sh": ("frame.sh", "line.sh")}
SHELL_FILES = {f"quotaline.{name}": name for name, shell in SHELLS.items() if shell.rc}
ZSH_READER = """__quotaline_load() {{
  \\builtin emulate -L zsh
  \\builtin setopt no_aliases
  \\builtin eval "$1"
}}
__quotaline_load {}
\\builtin unset -f __quotaline_load
"""


def shipped(*names: str) -> str:
    """Shell files of the package, one after the other."""
    folder = os.path.join(os.path.dirname(os.path.dirname(__file__)), "shells")
    found = []
    for name in names:
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            found.append(file.read())
    return "\n".join(found)


def quote(text: str, surface: str = "sh") -> str:
    """One word for a shell, as `shlex.quote` writes it; fish knows two escapes inside single quotes."""
    if SURFACES[surface].quoting == "fish":
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
    if text and all((char.isascii() and char.isalnum()) or char in "@%+=:,./-_" for char in text):
        return text
    return "'" + text.replace("'", "'\"'\"'") + "'"


def settings(shell: str, env: "Mapping[str, str]", program: str, *, place: bool = True) -> str:
    """Assignments: the account's cache folder and what it follows from, the program, whether the prompt gets the line."""
    folder = cache_dir(env)
    values = {
        "__quotaline_dir": os.path.abspath(folder) if folder else "/dev/null/none",
        "__quotaline_config_dir": env.get("CLAUDE_CONFIG_DIR", ""),
        "__quotaline_home": "|".join(env.get(name, "") for name in ("HOME", "XDG_CACHE_HOME", "QUOTALINE_CACHE_DIR")),
        "__quotaline_command": program,
        "__quotaline_place": str(int(place)),
    }
    line = "set -g {} {}\n" if SURFACES[shell].quoting == "fish" else "{}={}\n"
    return "".join(line.format(name, quote(value, shell)) for name, value in values.items())


def script_settings(surface: str, env: "Mapping[str, str]", program: str) -> str:
    """The same for a script that is run, as its arguments."""
    words = (cache_dir(env), env.get("CLAUDE_CONFIG_DIR", ""), program, surface)
    return f'set -- {" ".join(map(quote, words))} "$@"\n'


def init_code(shell: str) -> str:
    """The code of a shell, which reads `settings`.

    zsh reads all of an `eval` before it runs any of it, by the options and aliases of that moment: so its code is a word, which
    is read by zsh's own options and without aliases.
    """
    code = shipped(*SURFACES[shell].init)
    return ZSH_READER.format(quote(code, shell)) if shell == "zsh" else code


def code_of(name: str) -> str:
    """The code in the file `name` of those that `install` keeps."""
    return init_code(SHELL_FILES[name]) if name in SHELL_FILES else shipped(*SCRIPTS[name])


def kept_settings(text: str) -> str:
    """The settings in a file that this or an older version kept: its lines up to the empty one, without the first."""
    if text.startswith(OPENING):
        return text.partition("\n\n")[0].partition("\n")[2]
    return next((line for line in text.split("\n", 2)[:2] if line.startswith("set -- ")), "")


def essence(text: str) -> str:
    """A file's text without its version and without what differs from account to account, which its code asks for anyway."""
    settings, code = kept_settings(text), text.partition("\n\n")[2]
    if settings.startswith("set -- "):
        return settings.rpartition(" /")[2] + code
    lines = settings.splitlines(keepends=True)
    return "".join(line for line in lines if not line.removeprefix("set -g ").startswith(ACCOUNT)) + code


def file_text(name: str, kept: str, version: str) -> str:
    """What is in the file `name`; `kept` are its settings, whole lines or none."""
    return HEAD.format(version) + (kept.rstrip("\n") + "\n" if kept else "") + "\n" + code_of(name)


def plain_init(words: list[str], env: "Mapping[str, str]", program: str) -> str | None:
    """What `init WORDS` prints where that takes no command line: for a shell, or `--where`. None: ask the command line."""
    if words == ["--where"]:
        return cache_dir(env) + "\n"
    name, options = (words or [""])[0], words[1:]
    if name not in SHELLS or options not in ([], ["--no-prompt"]) or not is_program(program):
        return None
    return settings(name, env, os.path.abspath(program), place=not options) + init_code(name)


def is_program(path: str) -> bool:
    """Whether this is the path of a `quotaline` that can be run."""
    return os.path.basename(path) == "quotaline" and os.sep in path and os.path.isfile(path) and os.access(path, os.X_OK)
