"""EFFECT Root in somebody else's home (`sudo -s`, `su -m`) does what it does as that person.

Files of root in there would be closed to the one whose prompts read them, and root's rights are not needed for any of it.
"""

from quotaline.core import paths, system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def become_owner_of_home(env: "Mapping[str, str]", program: str) -> None:
    """For root, where HOME is another user's: be that user for good, if `program`'s folder and Python's stay readable."""
    try:
        home = system.stat(paths.home(env))
        if system.geteuid() or not home.st_uid:
            return
        import os

        os.setegid(home.st_gid)
        os.seteuid(home.st_uid)
        try:
            os.listdir(program)
            os.listdir(os.path.dirname(os.__file__))
        finally:
            os.seteuid(0)
            os.setegid(0)
        os.setgroups([home.st_gid])
        os.setgid(home.st_gid)
        os.setuid(home.st_uid)
    except (OSError, ValueError, AttributeError):
        pass
