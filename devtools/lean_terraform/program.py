"""Stands in for the program `terraform`: tells the keeper of the command, and becomes the real Terraform.

Run as ``python -I -S program.py TOLD_AT TERRAFORM ARGUMENT...``, standard library only, and little of it: it is started
for every command. TOLD_AT is the file that says where the keeper listens; without it, or for a command that needs no
provider, Terraform is run as it is.
"""

import json
import os
import socket
import sys

WITHOUT = {"version", "fmt", "login", "logout"}


def main() -> None:
    """Become Terraform."""
    told_at, terraform, *arguments = sys.argv[1:]
    address = "" if arguments[:1] and arguments[0] in WITHOUT else keeper(told_at)
    if address:
        # Terraform inherits the connection: the keeper knows by its end that Terraform has ended.
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(address)
        command = {"folder": os.getcwd(), "environment": dict(os.environ), "arguments": arguments}  # noqa: PTH109
        connection.sendall(json.dumps(command).encode() + b"\n")
        os.environ.update(json.loads(connection.makefile("rb").readline()))
        os.set_inheritable(connection.fileno(), True)
    os.execv(terraform, [terraform, *arguments])


def keeper(told_at: str) -> str:
    """Return the address of the keeper's socket, empty where there is no keeper."""
    try:
        with open(told_at) as file:  # noqa: PTH123 - pathlib takes longer to load than all else here
            return file.read()
    except FileNotFoundError:
        return ""


if __name__ == "__main__":
    main()
