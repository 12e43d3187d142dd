"""PURE THE table of surfaces: where a line is shown, how text is disarmed there, which files are its own.

A shell is one entry here, a file in `shells/` and its tests.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal


class Surface:
    """One place where a line is shown.

    `escape` is how text is disarmed there (render/paint.py), `marks` what must stand around a colour so that the shell counts
    no cells for it. `empty` takes no cell and follows each `$` of the text: no shell reads a variable's name there, whether the
    text stands in single or in double quotes. `cut` takes no cell either and stands before each separator, where a narrow
    terminal may cut. `prompt_file`: a refresh leaves it `prompt.NAME`; `ascii_form`: and `prompt.NAME-ascii`, for a locale
    without UTF-8; `option`: `--shell` knows it; `coloured`: it is never without colours for its own sake; `bar`: it is a
    desktop bar, which wants more than text. For a shell: `init` are the files in `shells/` that
    `quotaline init` prints, `quoting` is how it writes a word, `rc` where its configuration is (a variable that names the
    folder, the folder under home where it does not, the file), and `rc_block` what `install` writes there, `{program}` and
    `{file}` quoted paths: the program's, and that of the code which `install` keeps.
    """

    def __init__(
        self,
        name: str,
        *,
        escape: "Literal['', 'shell', 'zsh', 'tmux']" = "",
        marks: "tuple[str, str]" = ("", ""),
        empty: str = "",
        cut: str = "",
        prompt_file: bool = True,
        ascii_form: bool = False,
        option: bool = True,
        coloured: bool = True,
        bar: bool = False,
        init: "tuple[str, ...]" = (),
        quoting: "Literal['posix', 'fish']" = "posix",
        rc: "tuple[str, str, str] | None" = None,
        rc_block: str = "",
    ) -> None:
        self.name, self.escape, self.marks, self.empty, self.cut = name, escape, marks, empty, cut
        self.prompt_file, self.ascii_form, self.option, self.coloured, self.bar = prompt_file, ascii_form, option, coloured, bar
        self.init, self.quoting, self.rc, self.rc_block = init, quoting, rc, rc_block


READLINE = ("\x01", "\x02")
"""What readline counts no cells for (bash does not read \\[ in the output of a $(…)); a terminal draws nothing for it."""
NOTHING = "\x01\x02"
CUT = NOTHING * 2

# A program or a file that is gone, or an rc file that a script reads, costs nothing and says nothing.
SURFACES = {
    surface.name: surface
    for surface in (
        Surface("claude", prompt_file=False, option=False),
        Surface("plain", coloured=False, ascii_form=True),
        Surface(
            "bash", escape="shell", marks=READLINE, empty=NOTHING, cut=CUT, ascii_form=True,
            init=("quotaline.bash",), rc=("", "", ".bashrc"),
            rc_block="if [[ $- == *i* && -x {program} && -f {file} && -r {file} ]]; then . {file}; fi\n",
        ),
        Surface("bash-plain", escape="shell", empty=NOTHING, cut=CUT, ascii_form=True, coloured=False, option=False),
        Surface(
            "zsh", escape="zsh", marks=("%{", "%}"), empty="%{\x02%}", ascii_form=True,
            init=("quotaline.zsh",), rc=("ZDOTDIR", "", ".zshrc"),
            rc_block="if [[ -o interactive && -x {program} && -f {file} && -r {file} ]]; then . {file}; fi\n",
        ),
        Surface("zsh-plain", escape="zsh", empty="%{\x02%}", ascii_form=True, coloured=False, option=False),
        Surface(
            "fish", ascii_form=True, init=("quotaline.fish",), quoting="fish",
            rc=("XDG_CONFIG_HOME", ".config", "fish/config.fish"),
            rc_block="if status is-interactive; and test -x {program}; and test -f {file}; and test -r {file}\n"
            "    source {file}\nend\n",
        ),
        Surface(
            "sh", escape="shell", empty=NOTHING, cut=CUT, ascii_form=True, coloured=False, init=("frame.sh", "quotaline.sh"),
        ),
        Surface("starship", escape="shell", ascii_form=True),
        Surface("tmux", escape="tmux", cut="#[]#[]"),
        Surface("waybar", prompt_file=False, bar=True),
        Surface("polybar", prompt_file=False, bar=True),
        Surface("i3blocks", prompt_file=False, bar=True),
        Surface("xbar", prompt_file=False, bar=True),
    )
}  # fmt: skip
PROMPT_SURFACES = tuple(name for name, surface in SURFACES.items() if surface.option)
VARIABLES = "env"
"""No surface: `--shell` knows it beside them, and prints variables instead of a line."""
SHELLS = {name: surface for name, surface in SURFACES.items() if surface.init}
PROMPT_FILES = tuple(name for name, surface in SURFACES.items() if surface.prompt_file)
RC_SHELLS = tuple(name for name, surface in SHELLS.items() if surface.rc)
