"""Changes of many districts in waves. Each is an ordinary run; this only decides which is asked for when."""
