"""Private nginx servers with the configuration of deploy/."""

from __future__ import annotations

import contextlib
import shutil
import socket
import ssl
import subprocess
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

from tools.stack.children import kill_group, spawn, wait_until
from tools.stack.ports import LOOPBACK, is_listening, pick_port

DEPLOY = Path(__file__).parents[3] / "deploy"
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
PATIENCE_S = 30


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


class Nginx:
    """One that runs: `edge`, with a certificate that only its clients here trust, or `plain`, which is also
    before Flower."""

    def __init__(self, folder: Path, *, edge: bool) -> None:
        self.folder = folder
        self.edge = edge
        self.port, self.other_port = pick_port(), pick_port()
        """The site, and Flower (`plain`) or HTTP that is sent to HTTPS (`edge`)."""
        self.url = f"{'https' if edge else 'http'}://{LOOPBACK}:{self.port}"
        self.other_url = f"http://{LOOPBACK}:{self.other_port}"
        self.trust = ssl.create_default_context()

    def fetch(
        self,
        path: str,
        method: str = "GET",
        *,
        body: bytes | None = None,
        cookies: SimpleCookie | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, Any, bytes]:
        """Status, headers and body of a path of the site, or of another URL; redirects are not followed."""
        cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in (cookies or {}).items())
        sent = {"Cookie": cookie, **(headers or {})}
        url = path if path.startswith("http") else self.url + path
        request = urllib.request.Request(url, data=body, method=method, headers=sent)
        try:
            with self._opener().open(request, timeout=PATIENCE_S) as answer:
                return answer.status, answer.headers, answer.read()
        except HTTPError as error:
            return error.code, error.headers, error.read()

    def _opener(self) -> urllib.request.OpenerDirector:
        return urllib.request.build_opener(urllib.request.HTTPSHandler(context=self.trust), _Stay)

    def speak(self, sent: str, *, tls: bool | None = None, until: str = "") -> str:
        """What comes back until nginx closes the connection or has answered, or until there is ``until``."""
        received = b""
        # Who is too slow meets a reset (reset_timedout_connection); by TLS from a newer nginx only.
        with (
            socket.create_connection((LOOPBACK, self.port), timeout=PATIENCE_S) as raw,
            contextlib.suppress(ConnectionResetError),
        ):
            tls = self.edge if tls is None else tls
            speaking = self.trust.wrap_socket(raw, server_hostname="localhost") if tls else raw
            speaking.sendall(sent.encode())
            while not (until.encode() in received if until else _is_whole(received)):
                chunk = speaking.recv(65536)
                if not chunk:
                    break
                received += chunk
        return received.decode()


@contextmanager
def run_nginx(
    folder: Path,
    *,
    web: str,
    edge: bool = False,
    flower: str = "",
    exports: Path | None = None,
    changes: Mapping[str, str] | None = None,
) -> Iterator[Nginx]:
    """nginx before the servers at these addresses, with ports and folders of the test's own; ``changes`` are
    made in its configuration."""
    folder.mkdir()
    nginx = Nginx(folder, edge=edge)
    if edge:
        subprocess.run(["sh", DEPLOY / "certificate.sh", folder], check=True, capture_output=True)
        nginx.trust.load_verify_locations(folder / "certificate.pem")
    main = _configure(nginx, web, flower, exports or folder, changes or {})
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    # The folders of tests are closed to other users.
    user = "user root;" if folder.owner() == "root" else ""
    command = [program, "-p", str(folder), "-e", "stderr", "-c", str(main), "-g", f"daemon off; {user}"]
    log = folder / "log"
    with log.open("ab") as output:
        child = spawn(command, environment={}, folder=folder, output=output)
    try:
        wait_until(lambda: is_listening(nginx.port), child=child, name="nginx", within_s=20, log=log)
        yield nginx
    finally:
        kill_group(child)


def _configure(nginx: Nginx, web: str, flower: str, exports: Path, changes: Mapping[str, str]) -> Path:
    """Copy the configuration, each place of it changed to one of this machine; the main file."""
    temporary = " ".join(f"{name}_temp_path {nginx.folder};" for name in TEMPORARY)
    ports = {"443 ssl": f"{nginx.port} ssl", "80;": f"{nginx.other_port};"}
    if not nginx.edge:
        ports = {"3200;": f"{nginx.port};", "5555;": f"{nginx.other_port};"}
    here = {
        **{f"listen {there}": f"listen {LOOPBACK}:{port}" for there, port in ports.items()},
        **changes,
        "http {": f"http {{ {temporary}",
        "pid /tmp/": f"pid {nginx.folder}/",
        "http://web:3200": web,
        "alias /data/exports/": f"alias {exports}/",
        **({" /tls/": f" {nginx.folder}/"} if nginx.edge else {"http://flower:5555": flower or web}),
    }
    main = "edge.conf" if nginx.edge else "plain.conf"
    texts = {name: (DEPLOY / "nginx" / name).read_text() for name in (main, "common.conf", "site.conf")}
    for old, new in here.items():
        assert any(old in text for text in texts.values()), old
        texts = {name: text.replace(old, new) for name, text in texts.items()}
    for name, text in texts.items():
        (nginx.folder / name).write_text(text)
    return nginx.folder / main


def _is_whole(received: bytes) -> bool:
    head, end, body = received.partition(b"\r\n\r\n")
    length = next((line[15:] for line in head.split(b"\r\n") if line.startswith(b"Content-Length:")), b"")
    return bool(end and length and len(body) >= int(length))
