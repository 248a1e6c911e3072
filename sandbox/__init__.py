"""The embedded AWS: moto's server, with what a district's stack needs and moto lacks filled in.

Runs as a process of its own on loopback. Never reaches AWS, Docker or any other machine.
"""
