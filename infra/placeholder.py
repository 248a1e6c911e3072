"""What a district's services run until images are built: a public image that answers health checks, nothing else."""

from __future__ import annotations

IMAGE = "public.ecr.aws/docker/library/busybox:stable"


def command(task: str, port: int) -> list[str]:
    """Return what the placeholder runs as a task: the API answers every request, the others wait or end."""
    if task == "api":
        answer = "printf 'HTTP/1.1 200 OK\\r\\nContent-Length: 12\\r\\nConnection: close\\r\\n\\r\\nplaceholder\\n'"
        return ["sh", "-c", f"while true; do {answer} | nc -l -p {port} >/dev/null; done"]
    return ["true"] if task == "migrate" else ["sleep", "infinity"]
