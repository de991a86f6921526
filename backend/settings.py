"""All settings. Defaults suit development on one machine; production differs by environment only."""

from __future__ import annotations

import logging
from pathlib import Path

import dj_database_url
from django.conf import global_settings

from backend import env, tls, topology
from backend.telemetry import logs
from contracts.writers.excel import SHEET_ROWS

BASE_DIR = Path(__file__).resolve().parent.parent
env.load_file("ENV_FILE", BASE_DIR / ".env")
DATA_DIR = Path(env.text("DATA_DIR", str(BASE_DIR / "var")))

DEBUG = env.flag("DEBUG", True)
SECRET_KEY = env.secret("SECRET_KEY", "insecure-development-key-never-used-in-production")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS", [])

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_celery_beat",
    "django_tasks",
    "corsheaders",
    "rest_framework",
    "knox",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "backend",
    "data_processing",
    "monitors",
    "api",
    "web",
]

MIDDLEWARE = [
    "web.security.content_security_policy",
    "web.pages.shared.explain_refused_files",
    "api.middleware.problems_for_the_api",
    "django.middleware.security.SecurityMiddleware",
    "backend.serving.assets.Assets",
    "api.caching.keep_nothing",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "api.access.owners.visitor_cookie",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "web.signing_in.TooManyTriesPage",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "backend.urls"
ASGI_APPLICATION = "backend.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                *("django.contrib.auth.context_processors.auth", "web.footing.describe_data"),
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

DATABASE_CA_FILE = env.text("DATABASE_CA_FILE", "")
DATABASES = {"default": dj_database_url.parse(env.secret("DATABASE_URL", f"sqlite:///{DATA_DIR}/db.sqlite3"))}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE takes the write lock at BEGIN, where SQLite waits for it; a later upgrade would fail at once.
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    DATABASES["default"]["ENGINE"] = "backend.postgresql"
    # The few statements of a task's life are planned once per connection. (PgBouncer: 1.21 or newer.)
    prepared = {"server_side_binding": True, "prepare_threshold": 5}
    # What the address says of a connection, such as sslmode, counts. Only a query can name several hosts with
    # ports of their own (?host=a,b&port=1,2); pg_dump and the like are told HOST and PORT.
    from_address = DATABASES["default"].get("OPTIONS", {})
    DATABASES["default"]["HOST"] = from_address.pop("host", DATABASES["default"].get("HOST", ""))
    DATABASES["default"]["PORT"] = from_address.pop("port", DATABASES["default"].get("PORT", ""))
    # A host that is gone without a word ends a statement after ten seconds, not after the kernel's two hours.
    silence = {
        "keepalives_idle": 4,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "tcp_user_timeout": 10_000,
    }
    DATABASES["default"]["OPTIONS"] = {"connect_timeout": 5, **silence, **prepared, **from_address}
    if DATABASE_CA_FILE:
        DATABASES["default"]["OPTIONS"] |= {"sslmode": "verify-full", "sslrootcert": DATABASE_CA_FILE}
    # A web process serves many threads and needs a pool; a worker's child does one thing at a time.
    if pool_size := env.number("DATABASE_POOL_SIZE", 16):
        # Short tries: a pool that backs off for longer is still pausing when the database is back.
        DATABASES["default"]["OPTIONS"]["pool"] = {
            "min_size": 1,
            "max_size": pool_size,
            "timeout": 5,
            "reconnect_timeout": 2,
        }
    else:
        DATABASES["default"]["CONN_MAX_AGE"] = None
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Of signed-in users only. A visitor's signed cookie (api.access.owners) takes no row.
SESSION_ENGINE = "backend.serving.sessions"
SESSION_HOURS = env.number("SESSION_HOURS", 14 * 24)
STAFF_SESSION_HOURS = env.number("STAFF_SESSION_HOURS", 8)
SESSION_COOKIE_AGE = SESSION_HOURS * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.flag("SECURE_COOKIES", not DEBUG)
# Behind a proxy that ends HTTPS: the header, always set there, that says how a request came.
if forwarded_proto := env.text("SECURE_PROXY_SSL_HEADER", ""):
    SECURE_PROXY_SSL_HEADER = (f"HTTP_{forwarded_proto.upper().replace('-', '_')}", "https")
SECURE_SSL_REDIRECT = env.flag("SECURE_SSL_REDIRECT", False)
# Supervisors and Prometheus ask the process itself, without the proxy.
SECURE_REDIRECT_EXEMPT = [r"^health/", r"^metrics$"]
SECURE_HSTS_SECONDS = env.number("SECURE_HSTS_SECONDS", 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.flag("SECURE_HSTS_INCLUDE_SUBDOMAINS", False)
SECURE_HSTS_PRELOAD = env.flag("SECURE_HSTS_PRELOAD", False)
# Whether other hosts of a domain have HTTPS, only its owner knows.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
AUTHENTICATION_BACKENDS = ["api.access.authentication.PasswordBackend"]
BASIC_AUTH = env.flag("BASIC_AUTH", False)
REQUEST_RATE_LIMITS = env.rates("REQUEST_RATE_LIMITS")
TOKEN_MAX_DAYS = env.number("TOKEN_MAX_DAYS", 365)
KNOX_TOKEN_MODEL = "api.ApiToken"
# The prefix tells those who find one, and programs that look for secrets in code, whose it is.
REST_KNOX = {"AUTH_HEADER_PREFIX": "Bearer", "TOKEN_PREFIX": "pgx_"}
# Its own would make a table for the model that api.ApiToken replaces.
MIGRATION_MODULES = {"knox": None}
SIGN_IN_TRIES = env.number("SIGN_IN_TRIES", 10)
ADDRESS_SIGN_IN_TRIES = env.number("ADDRESS_SIGN_IN_TRIES", 100)
SIGN_IN_WINDOW_S = env.seconds("SIGN_IN_WINDOW_S", 900.0)
PROXIES = env.number("PROXIES", 0)
# Pages of these origins may use the API. Not with cookies: they send a token, or ask as nobody.
CORS_ALLOWED_ORIGINS = env.words("CORS_ALLOWED_ORIGINS", [])
CORS_ALLOW_CREDENTIALS = False
CORS_URLS_REGEX = "^/api/"
CORS_ALLOW_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST")
CORS_ALLOW_HEADERS = (
    *("Accept", "Authorization", "Content-Type", "Idempotency-Key", "If-None-Match", "If-Range"),
    *("Last-Event-ID", "Prefer", "Range", "X-Request-ID"),
)
CORS_EXPOSE_HEADERS = (
    *("Accept-Ranges", "Content-Disposition", "Content-Range", "ETag", "Location", "Preference-Applied"),
    *("Retry-After", "WWW-Authenticate", "X-Request-ID"),
)
if CORS_ALLOWED_ORIGINS:
    # First, so that refusals of all others can be read by the page, too.
    MIDDLEWARE.insert(0, "corsheaders.middleware.CorsMiddleware")
METRICS_TOKEN = env.secret("METRICS_TOKEN", "")
ANONYMOUS_ACCESS = env.flag("ANONYMOUS_ACCESS", DEBUG)
# Whether the calls of the PhilGEPS Awards Dashboard are answered too (room compat).
COMPAT = env.flag("COMPAT", False)
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = LOGOUT_REDIRECT_URL = "explorer"
FLOWER_URL = env.text("FLOWER_URL", "")
RABBITMQ_URL = env.text("RABBITMQ_URL", "")

LANGUAGE_CODE = "en"
USE_I18N = False
USE_TZ = True
TIME_ZONE = env.text("TIME_ZONE", "Asia/Manila")

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["api.requests.parsing.BoundedJSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "api.access.authentication.TokenAuthentication",
        "api.access.authentication.SessionAuthentication",
        "api.access.authentication.BasicAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["api.access.owners.IsOwner"],
    "DEFAULT_THROTTLE_CLASSES": ["api.access.throttles.RequestRates"],
    "DEFAULT_SCHEMA_CLASS": "api.document.schema.DescribedSchema",
    # ?format= is a parameter like others: it names no media type unless a view says so.
    "URL_FORMAT_OVERRIDE": None,
    "EXCEPTION_HANDLER": "api.problems.handle_exception",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "PhilGEPS Data Explorer",
    "DESCRIPTION": "Search, aggregate and export the public procurement contracts of the Philippines.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    # Our schemas come from types, which have names of their own.
    "POSTPROCESSING_HOOKS": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
}
MAX_REQUEST_BYTES = env.number("MAX_REQUEST_BYTES", 1_000_000)
BODY_TIMEOUT_S = env.seconds("BODY_TIMEOUT_S", 30.0)
MAX_HEADER_BYTES = env.number("MAX_HEADER_BYTES", 32_768)
HEADER_TIMEOUT_S = env.seconds("HEADER_TIMEOUT_S", 10.0)
# What is in memory already is not written to the temporary folder, which may be full.
FILE_UPLOAD_MAX_MEMORY_SIZE = DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_REQUEST_BYTES
# How many clients one web process lets wait, in all and of one owner.
MAX_WAITERS = env.number("MAX_WAITERS", 1000)
OWNER_MAX_WAITERS = env.number("OWNER_MAX_WAITERS", 50)
MAX_STREAMS = env.number("MAX_STREAMS", 2500)
OWNER_MAX_STREAMS = env.number("OWNER_MAX_STREAMS", 50)
# The Model Context Protocol, at /mcp. Without a token, tools are called so often from one address.
MCP = env.flag("MCP", True)
MCP_CALLS_PER_HOUR = env.number("MCP_CALLS_PER_HOUR", 120)

# --- The engine -------------------------------------------------------------------------------------------
DATASET_ROOT = DATA_DIR / "datasets"
EXPORT_ROOT = DATA_DIR / "exports"
EXPORT_ACCEL_PREFIX = env.text("EXPORT_ACCEL_PREFIX", "")
EXPORT_S3_BUCKET = env.text("EXPORT_S3_BUCKET", "")
EXPORT_S3_REDIRECT = env.flag("EXPORT_S3_REDIRECT", True)
EXPORT_S3_OPTIONS = {
    "bucket_name": EXPORT_S3_BUCKET,
    "endpoint_url": env.text("EXPORT_S3_ENDPOINT", "") or None,
    "signature_version": "s3v4",
    # Guessed from the name, a .csv.gz would be unpacked on the way and not be the file of the checksum.
    "object_parameters": {"ContentType": "application/octet-stream"},
}
STORAGES = {**global_settings.STORAGES}
if EXPORT_S3_BUCKET:
    # Whose bucket it is, boto3 reads from AWS_ACCESS_KEY_ID and the like by itself.
    STORAGES["exports"] = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": EXPORT_S3_OPTIONS}
ENGINE_MEMORY_MB = env.number("ENGINE_MEMORY_MB", 400)
ENGINE_THREADS = env.number("ENGINE_THREADS", 2)
# Of 17.6 million published rows less than one in a thousand has no amount above zero: fifty in a thousand
# are the sign of a fault in the file, or in how it is read.
IMPORT_MAX_REJECTED_PERCENT = env.percent("IMPORT_MAX_REJECTED_PERCENT", 5.0)

# --- The life of a task -----------------------------------------------------------------------------------
LEASE_S = env.seconds("LEASE_S", 5.0)
SWEEP_EVERY_S = env.seconds("SWEEP_EVERY_S", 0.5)
REPUBLISH_AFTER_S = env.seconds("REPUBLISH_AFTER_S", 300.0)
RETRY_DELAYS_S = env.seconds_list("RETRY_DELAYS_S", (60.0, 300.0, 900.0))
OWNER_MAX_UNFINISHED = env.number("OWNER_MAX_UNFINISHED", 100)
OWNER_WINDOW = env.number("OWNER_WINDOW", 2)
ADDRESS_MAX_UNFINISHED = env.number("ADDRESS_MAX_UNFINISHED", 200)
ADDRESS_WINDOW = env.number("ADDRESS_WINDOW", 10)
IDEMPOTENCY_KEEP_HOURS = 24
# Modules of rooms above the machine that declare a KIND, beside those of data_processing.kinds.registry.
TASK_KINDS: tuple[str, ...] = (
    *("monitors.kinds.aggregate_snapshots", "monitors.kinds.check", "monitors.kinds.check_now"),
    *("monitors.kinds.cleanup_old_data", "monitors.kinds.process_alert"),
    *("monitors.kinds.send_alert_webhook", "monitors.kinds.train_anomalies"),
)
# And lists of periodic jobs, beside those of data_processing.operations.schedules.
TASK_SCHEDULES: tuple[str, ...] = ("monitors.sweeping.SCHEDULES", "monitors.anomalies.training.SCHEDULES")
REHEARSALS = env.flag("REHEARSALS", False)
# A report takes seconds of both processors.
TASK_RATE_LIMITS = {"analysis": (5, 60.0), **env.rates("TASK_RATE_LIMITS")}
# Django's own task interface; `default` is `normal`. Nothing of users belongs into `critical`.
TASKS = {
    "default": {
        "BACKEND": "data_processing.django_tasks.RunBackend",
        "QUEUES": ["default", "high", "normal", "low"],
    }
}

# Where people find the site, for links in mails.
SITE_URL = env.text("SITE_URL", "http://127.0.0.1:3200")
# Networks of one's own that alerts may be posted to; all that are not public are closed else.
WEBHOOK_NETWORKS = env.networks("WEBHOOK_NETWORKS")
# Mail goes by SMTP: alerts of monitors, and those for operators.
EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.number("EMAIL_PORT", 25)
EMAIL_HOST_USER = env.text("EMAIL_USER", "")
EMAIL_HOST_PASSWORD = env.secret("EMAIL_PASSWORD", "")
EMAIL_USE_TLS = env.flag("EMAIL_STARTTLS", False)
EMAIL_USE_SSL = env.flag("EMAIL_TLS", False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text("EMAIL_FROM", "explorer@localhost")
ALERT_MAIL_TO = env.words("ALERT_MAIL_TO", [])
ALERT_WEBHOOK_URL = env.secret("ALERT_WEBHOOK_URL", "")
ALERT_AFTER_S = env.seconds("ALERT_AFTER_S", 60.0)
ALERT_OVER_AFTER_S = env.seconds("ALERT_OVER_AFTER_S", 180.0)
ALERT_REMIND_HOURS = env.number("ALERT_REMIND_HOURS", 12)
ALERT_MAX_PER_HOUR = env.number("ALERT_MAX_PER_HOUR", 10)
ALERT_INTERACTIVE_WAIT_S = env.seconds("ALERT_INTERACTIVE_WAIT_S", 60.0)
ALERT_BULK_WAIT_S = env.seconds("ALERT_BULK_WAIT_S", 3600.0)
ALERT_QUEUE_LENGTH = env.number("ALERT_QUEUE_LENGTH", 1000)
ALERT_FAILED_PERCENT = env.percent("ALERT_FAILED_PERCENT", 20.0)
ALERT_DISK_FREE_GB = env.number("ALERT_DISK_FREE_GB", 5)

CANCEL_GRACE_S = env.seconds("CANCEL_GRACE_S", 10.0)
MAX_LOST_ATTEMPTS = env.number("MAX_LOST_ATTEMPTS", 5)
EXPORT_KEEP_HOURS = env.number("EXPORT_KEEP_HOURS", 72)
RESULT_KEEP_HOURS = env.number("RESULT_KEEP_HOURS", 24)
RUN_KEEP_DAYS = env.number("RUN_KEEP_DAYS", 90)
MONITOR_ALERT_KEEP_DAYS = env.number("MONITOR_ALERT_KEEP_DAYS", 365)
DELIVERY_KEEP_DAYS = env.number("DELIVERY_KEEP_DAYS", 90)
DAILY_FIGURE_KEEP_DAYS = env.number("DAILY_FIGURE_KEEP_DAYS", 400)
VISITOR_SEARCH_KEEP_DAYS = env.number("VISITOR_SEARCH_KEEP_DAYS", 400)
EXPORT_FOLDER_SHARED = env.flag("EXPORT_FOLDER_SHARED", True)
EXPORT_SPLIT_ROWS = env.number("EXPORT_SPLIT_ROWS", SHEET_ROWS)
EXPORT_STORE_MAX_GB = env.number("EXPORT_STORE_MAX_GB", 20)
EXPORT_MAX_ROWS = env.number("EXPORT_MAX_ROWS", 20_000_000)
SNAPSHOTS_KEPT = env.number("SNAPSHOTS_KEPT", 3)
BULK_FILES = env.flag("BULK_FILES", True)
OCDS_PREFIX = env.text("OCDS_PREFIX", "ocds-unregistered")
OCDS_PUBLISHER = env.text("OCDS_PUBLISHER", "PhilGEPS Data Explorer")

# --- Celery -----------------------------------------------------------------------------------------------
CELERY_BROKER_URL = env.secret("CELERY_BROKER_URL", "amqp://guest:guest@127.0.0.1:5672//")
CELERY_RESULT_BACKEND = env.secret(
    "CELERY_RESULT_BACKEND",
    "redis://127.0.0.1:6379/1",
    aliases=("CELERY_RESULTS_BACKEND_URL", "REDIS_URL"),
)
CELERY_BROKER_CA_FILE = env.text("CELERY_BROKER_CA_FILE", "")
CELERY_BROKER_USE_SSL = tls.broker_options(CELERY_BROKER_URL, ca_file=CELERY_BROKER_CA_FILE)
REDIS_CA_FILE = env.text("REDIS_CA_FILE", "")
CELERY_REDIS_BACKEND_USE_SSL = tls.redis_options(CELERY_RESULT_BACKEND, ca_file=REDIS_CA_FILE)
CELERY_TIMEZONE = TIME_ZONE
CELERY_ENABLE_UTC = True
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = CELERY_RESULT_SERIALIZER = "json"

CELERY_TASK_QUEUES = topology.task_queues(CELERY_BROKER_URL)
CELERY_TASK_CREATE_MISSING_QUEUES = False
CELERY_TASK_DEFAULT_QUEUE = CELERY_TASK_DEFAULT_ROUTING_KEY = topology.DEFAULT_QUEUE
CELERY_TASK_DEFAULT_EXCHANGE = topology.EXCHANGE
CELERY_TASK_DEFAULT_EXCHANGE_TYPE = "topic"

CELERY_TASK_ACKS_LATE = CELERY_TASK_REJECT_ON_WORKER_LOST = True
# A task that raises goes to the dead letters. Of runs none does: what their work raises ends the attempt.
CELERY_TASK_ACKS_ON_FAILURE = False
# Or one that takes too long would begin again, until the delivery limit.
CELERY_TASK_ACKS_ON_TIMEOUT = True
# With results of Celery's own, a worker whose Redis is away acknowledges tasks that it has never run.
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TRACK_STARTED = False
CELERY_TASK_STORE_ERRORS_EVEN_IF_IGNORED = False
# For each queue: what a worker keeps beside its work, other workers cannot take.
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# The lease needs no broker: work goes on, and its message finds the run taken when it comes again.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = env.seconds("SHUTDOWN_TIMEOUT_S", 8.0)
CELERY_WORKER_MAX_TASKS_PER_CHILD = env.number("WORKER_MAX_TASKS_PER_CHILD", 10_000)
# In KiB. Celery looks between two tasks, so that it bounds what stays, not what a task takes.
CELERY_WORKER_MAX_MEMORY_PER_CHILD = env.number("WORKER_MAX_MEMORY_MB", 1000) * 1024
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CONSUMER = "data_processing.worker.consumer:DeadLetteringConsumer"
CELERY_IMPORTS = ("data_processing.worker.control", "data_processing.worker.inspection")
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Celery's own number is 100, after which a worker ends.
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# RabbitMQ closes the channel of a task that outlasts its consumer_timeout; a worker would end by that.
CELERY_BROKER_CHANNEL_ERROR_RETRY = True
# A frozen node is left after two of these and a half. A worker that is held up for as long is left by
# RabbitMQ; it connects again, and what it is at goes on.
CELERY_BROKER_HEARTBEAT = 2
CELERY_BROKER_CONNECTION_TIMEOUT = 3
CELERY_DB_REUSE_MAX = 1_000_000_000  # SafeTask drops broken connections
CELERY_BROKER_TRANSPORT_OPTIONS = topology.transport_options(CELERY_BROKER_URL)

CELERY_RESULT_BACKEND_THREAD_SAFE = True  # the Redis client is; without this every thread connects anew
CELERY_RESULT_EXPIRES = RESULT_KEEP_HOURS * 3600
CELERY_REDIS_SOCKET_TIMEOUT = CELERY_REDIS_SOCKET_CONNECT_TIMEOUT = 1.0
CELERY_RESULT_BACKEND_TRANSPORT_OPTIONS = {
    "retry_policy": {"max_retries": 1, "interval_start": 0, "interval_step": 0.1, "interval_max": 0.1}
}
CELERY_BEAT_SCHEDULER = "data_processing.worker.beat:ConfirmedScheduler"
# Beat's own is every three minutes: one that is killed would send all of those again.
CELERY_BEAT_SYNC_EVERY = 1
CELERY_BEAT_MAX_LOOP_INTERVAL = 1

OTEL_EXPORTER_OTLP_ENDPOINT = env.text("OTEL_EXPORTER_OTLP_ENDPOINT", "")
OTEL_SERVICE_NAME = env.text("OTEL_SERVICE_NAME", "philgeps-explorer")
SENTRY_DSN = env.secret("SENTRY_DSN", "")
SENTRY_ENVIRONMENT = env.text("SENTRY_ENVIRONMENT", "production")
LOG_SEARCH_TEXT = env.flag("LOG_SEARCH_TEXT", False)
LOG_JSON = env.flag("LOG_JSON", not DEBUG)
if LOG_JSON:
    # Warnings of Python's are lines too, and would be the only ones that are no JSON.
    logging.captureWarnings(True)
LOGGING = logs.make_config(level=env.text("LOG_LEVEL", "INFO"), as_json=LOG_JSON)
