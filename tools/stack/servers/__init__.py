"""Private servers of this machine's own programs: RabbitMQ, Redis and PostgreSQL, each in its folder."""

from tools.stack.servers.cluster import RabbitMQCluster
from tools.stack.servers.keeper import Keeper
from tools.stack.servers.pair import PostgreSQLPair
from tools.stack.servers.postgresql import PostgreSQL, ask
from tools.stack.servers.rabbitmq import RabbitMQ
from tools.stack.servers.redis import EmbeddedRedis, Redis
from tools.stack.servers.server import Server
from tools.stack.servers.trio import Servers

__all__ = [
    "EmbeddedRedis",
    "Keeper",
    "PostgreSQL",
    "PostgreSQLPair",
    "RabbitMQ",
    "RabbitMQCluster",
    "Redis",
    "Server",
    "Servers",
    "ask",
]
