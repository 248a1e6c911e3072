"""``make check``: style, types and the light tests of what changed, in a minute."""
