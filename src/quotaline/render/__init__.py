"""Fields × rows → painted text for a surface. Hot like `core/`, and imports nothing but it and itself."""
