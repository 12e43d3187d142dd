"""The history as one page for a browser: no network, no framework, every name inert."""
