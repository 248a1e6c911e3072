"""How the embedded AWS decides who may do what."""
