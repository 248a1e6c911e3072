"""From an object in a bucket to rows: bytes, containers, characters, lines, cells; each in bounded memory."""
