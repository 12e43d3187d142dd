"""Claude quota and extra-usage dollars in every prompt line. Imports nothing."""

__version__ = "0.2.0"
