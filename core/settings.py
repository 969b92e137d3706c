"""Settings of an installation, from the environment (`OPSGRAPH_…`) and a `.env` file."""

from functools import cached_property
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.errors import ConfigurationError


class Settings(BaseSettings):
    """Every setting has a default that works on one machine with nothing installed."""

    model_config = SettingsConfigDict(env_prefix="OPSGRAPH_", env_file=".env", extra="ignore")

    data_dir: Path = Field(Path(".opsgraph"), description="Database file and key file, by default.")
    database_url: SecretStr | None = Field(
        None, description="SQLAlchemy URL; default: an SQLite file in data_dir."
    )
    system_database_url: SecretStr | None = Field(
        None, description="Login for what crosses merchants (PostgreSQL); default: database_url."
    )
    owner_database_url: SecretStr | None = Field(
        None, description="Login that owns the tables, for migrations; default: database_url."
    )
    replica_database_url: SecretStr | None = Field(
        None, description="Login at a replica that answers reads (PostgreSQL); default: the URL."
    )
    secret_keys: SecretStr | None = Field(
        None,
        description="Keys that seal credentials: 'id:base64,id:base64', the first one seals. "
        "Default: a key file in data_dir, made at first use.",
    )
    plugins: str | None = Field(
        None, description="Names of third-party plugins that may load, comma separated; unset: all."
    )
    without: str = Field("", description="Names of built-in plugins to leave out, comma separated.")
    third_parties: bool = Field(
        True, description="Whether third-party plugins load at all; off to start without them."
    )
    documents: Path | None = Field(
        None, description="Folder of the documents that front ends registered as in use."
    )
    plugin_seconds: float = Field(
        10.0, gt=0, description="How long a plugin's resolver or route may take."
    )
    plugin_failures: int = Field(
        5, ge=1, description="Failures in a row after which a field of a plugin is cut off."
    )
    plugin_pause_seconds: float = Field(
        30.0, gt=0, description="How long it is cut off at first; each time twice as long."
    )
    host: str = "127.0.0.1"
    port: int = 8000
    database_threads: int = Field(8, ge=1, description="Database threads per process.")
    read_connections: int = Field(
        32,
        ge=1,
        description="Connections for compiled reads per process (PostgreSQL). Each keeps to the "
        "merchant of its last read: with fewer than merchants who ask at once, they are switched.",
    )
    write_connections: int = Field(
        24, ge=1, description="Connections for declared mutations per process (PostgreSQL)."
    )
    read_statements: int = Field(
        200, ge=1, description="Prepared statements that each connection for reads keeps."
    )
    read_wait_seconds: float = Field(
        5.0, gt=0, description="How long a read waits for a free connection."
    )
    read_timeout_seconds: float = Field(30.0, gt=0, description="How long a read may take.")
    transaction_pooling: bool = Field(
        False,
        description="Take role and merchant anew in every transaction, prepare nothing: behind "
        "PgBouncer, and on Citus.",
    )
    token_cache_seconds: float = Field(
        5.0, ge=0, description="How long a process trusts a token it has looked up; 0: not at all."
    )
    subscriptions_per_token: int = Field(
        20, ge=1, description="Subscriptions that a token may have open in one process."
    )
    lease_seconds: float = Field(60.0, gt=1, description="How long a silent worker keeps a stream.")
    max_body_bytes: int = 1_000_000
    max_upload_bytes: int = Field(
        20_000_000, ge=1, description="Largest request with a file, and largest file to import."
    )
    remembered_operations: int = Field(
        1000, ge=1, description="Documents that a process keeps parsed and compiled."
    )

    @cached_property
    def url(self) -> str:
        """The application's database URL."""
        if self.database_url is not None:
            return _driver(self.database_url.get_secret_value())
        return f"sqlite:///{self.data_dir / 'opsgraph.sqlite3'}"

    @cached_property
    def system_url(self) -> str:
        """The URL behind `db.system`."""
        return _driver(_secret(self.system_database_url)) or self.url

    @cached_property
    def replica_url(self) -> str:
        """The URL that reads go to, unless they must see what was just written."""
        return _driver(_secret(self.replica_database_url)) or self.url

    @cached_property
    def owner_url(self) -> str:
        """The URL migrations run with."""
        return _driver(_secret(self.owner_database_url)) or self.url


def _secret(value: SecretStr | None) -> str:
    return value.get_secret_value() if value is not None else ""


def _driver(url: str) -> str:
    """The URL with the driver that opsgraph ships for PostgreSQL; ConfigurationError for others."""
    for scheme in ("postgres://", "postgresql://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    if url and not url.startswith(("postgresql+psycopg://", "sqlite:")):
        raise ConfigurationError("A database URL begins with postgresql:// or sqlite:///.")
    return url
