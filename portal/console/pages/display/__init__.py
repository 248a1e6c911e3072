"""Theme, density, language."""
