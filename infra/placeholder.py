"""What a district's services run until images are built: a public image that answers health checks, nothing else.

The load balancer asks over TLS: the image has Python, and OpenSSL, on which Debian's authorities depend. Its user can
write nowhere, so that key and certificate are kept in memory.
"""

from __future__ import annotations

IMAGE = "public.ecr.aws/docker/library/python:3.12-slim-bookworm"
SERVER = """
import http.server, os, ssl, subprocess
asked = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 397 -subj /CN=placeholder"
pair = subprocess.run([*asked.split(), "-keyout", "-", "-out", "-"], capture_output=True, check=True)
file = os.memfd_create("pair")
os.write(file, pair.stdout)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(f"/proc/self/fd/{file}")
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"placeholder\\n")
    do_HEAD = do_GET
server = http.server.ThreadingHTTPServer(("", PORT), Answer)
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
server.serve_forever()
""".strip()
"""The handshake is the answering thread's: a peer that only connects holds nobody up."""


def command(task: str, port: int) -> list[str]:
    """Return what the placeholder runs as a task: the API answers every request, the others wait or end."""
    if task == "api":
        return ["python", "-c", SERVER.replace("PORT", str(port))]
    return ["true"] if task == "migrate" else ["sleep", "infinity"]
