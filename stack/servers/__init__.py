"""Private servers of this machine's own programs: RabbitMQ, Redis and PostgreSQL, each in its folder."""

from stack.servers.postgresql import PostgreSQL
from stack.servers.rabbitmq import RabbitMQ
from stack.servers.redis import EmbeddedRedis, Redis
from stack.servers.server import Server

__all__ = ["EmbeddedRedis", "PostgreSQL", "RabbitMQ", "Redis", "Server"]
