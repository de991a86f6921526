"""The session's servers by TLS too: certificates for the name localhost, and ports that want TLS."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import redis
import trustme
from psycopg import sql

from tools.stack.ports import LOOPBACK, pick_port
from tools.stack.servers import PostgreSQL, RabbitMQ, Redis, Servers

NAME = "localhost"


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """Files: of the authority, of a server, and of its key."""

    authority: Path
    server: Path
    key: Path


@dataclass(frozen=True, kw_only=True)
class TlsServers:
    """Where the servers want TLS. ``authority`` has signed who they are, ``stranger`` has not."""

    urls: Mapping[str, str]
    authority: Path
    stranger: Path

    def environment(self, *, host: str = NAME, authority: Path | None = None) -> dict[str, str]:
        """The variables of a process that reaches them, by this name and trusting this authority."""
        trusted = str(authority or self.authority)
        files = dict.fromkeys(("DATABASE_CA_FILE", "CELERY_BROKER_CA_FILE", "REDIS_CA_FILE"), trusted)
        return {**{name: url.replace(LOOPBACK, host) for name, url in self.urls.items()}, **files}


def issue(folder: Path) -> Certificate:
    """Files for the server `localhost`, and for no address, signed by an authority of its own."""
    folder.mkdir()
    authority = trustme.CA()
    server = authority.issue_cert(NAME)
    made = Certificate(authority=folder / "ca.pem", server=folder / "server.pem", key=folder / "key.pem")
    authority.cert_pem.write_to_path(made.authority)
    for number, blob in enumerate(server.cert_chain_pems):
        blob.write_to_path(made.server, append=number > 0)
    server.private_key_pem.write_to_path(made.key)
    return made


@contextmanager
def want_tls(servers: Servers, folder: Path, *, database: str) -> Iterator[TlsServers]:
    """While inside, the servers have ports that want TLS, beside those that do not."""
    certificate = issue(folder / "known")
    broker_port, redis_port = pick_port(), pick_port()
    _open_rabbitmq(servers.rabbitmq, certificate, broker_port)
    _open_redis(servers.redis, certificate, redis_port)
    _set_ssl(servers.postgres, certificate)
    plain = servers.environment(database=database)
    broker, results = plain["CELERY_BROKER_URL"], plain["CELERY_RESULT_BACKEND"]
    urls = {
        "DATABASE_URL": plain["DATABASE_URL"],
        "CELERY_BROKER_URL": broker.replace("amqp:", "amqps:").replace(
            f":{servers.rabbitmq.port}", f":{broker_port}"
        ),
        "CELERY_RESULT_BACKEND": results.replace("redis:", "rediss:").replace(
            f":{servers.redis.port}", f":{redis_port}"
        ),
    }
    stranger = issue(folder / "stranger")
    try:
        yield TlsServers(urls=urls, authority=certificate.authority, stranger=stranger.authority)
    finally:
        _set_ssl(servers.postgres, None)
        servers.rabbitmq.run_ctl("eval", f"rabbit_networking:stop_ranch_listener_of_protocol({broker_port}).")
        _ask_redis(servers.redis, "CONFIG", "SET", "tls-port", "0")


def _open_rabbitmq(rabbitmq: RabbitMQ, certificate: Certificate, port: int) -> None:
    files = {"cacertfile": certificate.authority, "certfile": certificate.server, "keyfile": certificate.key}
    options = ", ".join(f'{{{name}, "{file}"}}' for name, file in files.items())
    listener = f'{{"{LOOPBACK}", {port}}}'
    rabbitmq.run_ctl("eval", f"rabbit_networking:start_ssl_listener({listener}, [{options}], 1).")


def _open_redis(server: Redis, certificate: Certificate, port: int) -> None:
    files = {
        "tls-ca-cert-file": certificate.authority,
        "tls-cert-file": certificate.server,
        "tls-key-file": certificate.key,
    }
    words = [part for name, file in files.items() for part in (name, str(file))]
    _ask_redis(server, "CONFIG", "SET", *words, "tls-auth-clients", "no", "tls-port", str(port))


def _ask_redis(server: Redis, *words: str) -> None:
    with redis.Redis.from_url(server.url) as client:
        client.execute_command(*words)


def _set_ssl(postgres: PostgreSQL, certificate: Certificate | None) -> None:
    settings = {"ssl": "off"}
    if certificate:
        # PostgreSQL takes a key of its own user alone.
        key, server = (postgres.folder / "data" / name for name in ("server.key", "server.crt"))
        owner = (postgres.folder / "data").stat()
        for copy, file in ((key, certificate.key), (server, certificate.server)):
            copy.write_bytes(file.read_bytes())
            copy.chmod(0o600)
            os.chown(copy, owner.st_uid, owner.st_gid)
        settings = {"ssl_cert_file": str(server), "ssl_key_file": str(key), "ssl": "on"}
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        for name, text in settings.items():
            connection.execute(sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), text))
        connection.execute("SELECT pg_reload_conf()")
