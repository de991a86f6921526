"""TLS to the servers. It is asked for by their addresses; who answers has to prove its name, always."""

from __future__ import annotations

import ssl
from typing import Any

from kombu.transport import TRANSPORT_ALIASES
from kombu.transport.pyamqp import SSLTransport

Options = dict[str, Any]


def is_tls(url: str) -> bool:
    return url.startswith(("amqps://", "rediss://"))


def broker_options(url: str, *, ca_file: str) -> Options | None:
    """What Celery needs for a broker of this address, or None without TLS. An empty ``ca_file`` means the
    authorities that this machine trusts."""
    if url.startswith("rediss://"):
        return redis_options(url, ca_file=ca_file)
    if not is_tls(url):
        return None
    return {"ca_certs": ca_file or None, "cert_reqs": ssl.CERT_REQUIRED}


def redis_options(url: str, *, ca_file: str) -> Options | None:
    """The same for Redis, whose client has names of its own for them."""
    if not is_tls(url):
        return None
    return {
        "ssl_ca_certs": ca_file or None,
        "ssl_cert_reqs": ssl.CERT_REQUIRED,
        "ssl_check_hostname": True,
    }


class NamedTransport(SSLTransport):
    """RabbitMQ by TLS, where each address has to prove its own name."""

    def establish_connection(self) -> Any:
        # kombu compares no name unless it is told one, and writes the first address that it tries into the
        # options of all connections: the second node of a cluster would be asked for the name of the first.
        client: Any = self.client
        client.ssl = {**client.ssl, "server_hostname": client.hostname}
        return super().establish_connection()


TRANSPORT_ALIASES["amqps"] = f"{__name__}:{NamedTransport.__name__}"
