"""Claude quota and extra-usage dollars in every prompt line. Imports nothing; `__version__` is looked up when asked."""


def __getattr__(name: str) -> str:
    if name == "__version__":
        from importlib.metadata import version  # noqa: PLC0415 - costs more than a whole prompt

        return version("quotaline")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
