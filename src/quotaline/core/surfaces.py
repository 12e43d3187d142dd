"""PURE THE table of surfaces: where a line is shown, how text is disarmed there, which files are its own.

A shell is one entry here, a file in `shells/` and its tests.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal


class Surface:
    """One place where a line is shown.

    `escape` is how text is disarmed there, `marks` what must stand around a colour so that the shell counts no cells for it.
    `prompt_file`: a refresh leaves it `prompt.NAME`; `option`: `--shell` knows it; `coloured`: it is never without colours for
    its own sake; `bar`: it is a desktop bar, which wants more than text. For a shell: `init` are the files in `shells/` that
    `quotaline init` prints, `quoting` is how it writes a word, `rc` where its configuration is (a variable that names the
    folder, the folder under home where it does not, the file), and `rc_block` what `install` writes there, `{program}` a
    quoted path.
    """

    def __init__(
        self,
        name: str,
        *,
        escape: "Literal['', 'percent', 'slash', 'tmux']" = "",
        marks: "tuple[str, str]" = ("", ""),
        prompt_file: bool = True,
        option: bool = True,
        coloured: bool = True,
        bar: bool = False,
        init: "tuple[str, ...]" = (),
        quoting: "Literal['posix', 'fish']" = "posix",
        rc: "tuple[str, str, str] | None" = None,
        rc_block: str = "",
    ) -> None:
        self.name, self.escape, self.marks, self.prompt_file, self.option = name, escape, marks, prompt_file, option
        self.coloured, self.bar, self.init, self.quoting, self.rc, self.rc_block = coloured, bar, init, quoting, rc, rc_block


# A program that is gone, or an rc file that a script reads, costs nothing and says nothing: so the blocks ask first.
SURFACES = {
    surface.name: surface
    for surface in (
        Surface("claude", prompt_file=False, option=False),
        Surface("plain", coloured=False),
        Surface(
            "bash", marks=("\x01", "\x02"),  # readline's own: bash does not read \[ in the output of a $(…)
            init=("quotaline.bash",), rc=("", "", ".bashrc"),
            rc_block='if [[ $- == *i* && -x {program} ]]; then eval "$({program} init bash)"; fi\n',
        ),
        Surface(
            "zsh", escape="percent", marks=("%{", "%}"), init=("quotaline.zsh",), rc=("ZDOTDIR", "", ".zshrc"),
            rc_block='if [[ -o interactive && -x {program} ]]; then eval "$({program} init zsh)"; fi\n',
        ),
        Surface("zsh-plain", escape="percent", coloured=False, option=False),  # zsh under NO_COLOR
        Surface(
            "fish", init=("quotaline.fish",), quoting="fish", rc=("XDG_CONFIG_HOME", ".config", "fish/config.fish"),
            rc_block="if status is-interactive; and test -x {program}\n    {program} init fish | source\nend\n",
        ),
        # busybox reads backslashes in what PS1 expands to, dash shows two as two: there is no way to write one
        Surface("sh", escape="slash", coloured=False, init=("frame.sh", "quotaline.sh")),
        Surface("starship"),
        Surface("tmux", escape="tmux"),
        Surface("waybar", prompt_file=False, bar=True),
        Surface("polybar", prompt_file=False, bar=True),
        Surface("i3blocks", prompt_file=False, bar=True),
        Surface("xbar", prompt_file=False, bar=True),
    )
}  # fmt: skip
PROMPT_SURFACES = tuple(name for name, surface in SURFACES.items() if surface.option)
SHELLS = {name: surface for name, surface in SURFACES.items() if surface.init}
RC_SHELLS = tuple(name for name, surface in SHELLS.items() if surface.rc)
