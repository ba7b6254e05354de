"""Every setting, read from the environment once, documented here; secrets are never printed."""

import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "PSTATUS_"
CHECKOUT = Path(__file__).parents[1]
DRIVER = "postgresql+asyncpg://"
PORT = re.compile(r"([^:/]*(:[^@]*)?@)?(\[[^/?]+\]|[^/:?]+)?(:(?P<port>[^/?]*))?")
"""Where the port of an address stands, as SQLAlchemy reads it: a password may hold anything."""
Level = Literal["debug", "info", "warning", "error"]
Count = Annotated[int, Field(ge=1)]


def _home() -> Path:
    is_checkout = (CHECKOUT / "pyproject.toml").exists()
    return (CHECKOUT if is_checkout else Path.cwd()) / ".local"


class Settings(BaseSettings):
    """What one process goes by; `Settings()` reads the environment, arguments win over it."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="ignore", populate_by_name=True, env_ignore_empty=True
    )

    kafka_bootstrap_servers: Annotated[tuple[str, ...] | None, NoDecode] = Field(
        default=None,
        validation_alias=AliasChoices("PSTATUS_KAFKA_BOOTSTRAP_SERVERS", "KAFKA_BOOTSTRAP_SERVERS"),
        description="Your own Kafka, host:port separated by commas; without it: the local one.",
    )
    database_url: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("PSTATUS_DATABASE_URL", "DATABASE_URL"),
        description="Your own PostgreSQL, postgresql://...; without it: the local one.",
    )
    home: Path = Field(
        default_factory=_home,
        description="Folder of the local Kafka and PostgreSQL: jars, data, logs.",
    )
    local_bare: bool = Field(
        default=False,
        description="Local infrastructure uses nothing installed: only wheels and jars.",
    )
    workspace: str | None = Field(
        default=None,
        description="The workspace commands work in; optional while there is only one.",
    )
    address_secret: SecretStr | None = Field(
        default=None,
        description="Secret of the keys that stand for email addresses (HMAC-SHA-256); without it"
        " one drawn at installation, kept in the database.",
    )
    address_secrets_before: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        default=(),
        description="Older secrets of these keys, the newest first, separated by commas: addresses"
        " known under them stay known. A secret that is in neither setting forgets who is who.",
    )
    secrets: Path | None = Field(
        default=None,
        description="Folder of the providers' secrets, `<workspace>/<provider>`, one a line;"
        " without it no signature is checked.",
    )
    topic_prefix: str = Field(
        default="pstatus.", description="What every topic's name begins with."
    )
    shards: Annotated[int, Field(ge=1, le=1024)] = Field(
        default=12, description="Partitions of `signals` and what follows from it; fixed at birth."
    )
    replication_factor: Count = Field(
        default=1, description="Copies of each partition when topics are created; 3 in production."
    )
    ingest_group: str = Field(
        default="pstatus.ingest", description="Consumer group of the ingest workers."
    )
    apply_group: str = Field(
        default="pstatus.apply", description="Consumer group of the apply workers."
    )
    session_timeout_ms: Count = Field(
        default=10_000, description="Silence after which a worker's partitions go to another one."
    )
    heartbeat_interval_ms: Count = Field(
        default=500, description="How often a worker tells the broker that it is there."
    )
    ingest_batch: Count = Field(
        default=2_000, description="Most raw records in one ingest transaction."
    )
    dead_letter_run: Count = Field(
        default=200,
        description="So many records in a row that became dead letters hold their topic (classes"
        " bug, invalid_schema, unknown_provider); also how many a share must be of.",
    )
    dead_letter_share: Annotated[float, Field(gt=0, le=1)] = Field(
        default=0.25, description="The share of a topic's last records that holds it likewise."
    )
    apply_batch: Count = Field(default=1_000, description="Most signals in one apply transaction.")
    apply_linger_ms: Annotated[int, Field(ge=0)] = Field(
        default=10,
        description="How long a home waits for more signals before it begins a transaction.",
    )
    relay_batch: Count = Field(default=500, description="Most changes in one Kafka transaction.")
    http_host: str = Field(default="127.0.0.1", description="Where health and metrics are served.")
    http_port: Annotated[int, Field(ge=0, le=65_535)] = Field(
        default=8080, description="Port of health and metrics; 0 takes any free one."
    )
    web_host: str = Field(
        default="127.0.0.1",
        description="Where `pstatus web` serves; others than loopback want PSTATUS_WEB_TOKENS.",
    )
    web_port: Annotated[int, Field(ge=0, le=65_535)] = Field(
        default=8090, description="Port of the web board; 0 takes any free one."
    )
    web_names: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Names under which the web board may be asked for, beside"
        " loopback's; separated by commas.",
    )
    web_tokens: Path | None = Field(
        default=None,
        description="File of the web board's tokens: lines WORKSPACE TOKEN, 32"
        " characters or more. Without it everybody on this machine sees every workspace.",
    )
    log_level: Level = Field(
        default="info", description="The least severe log lines that are written."
    )
    log_format: Literal["json", "console"] = Field(
        default="json", description="Log lines for machines or for people."
    )
    crash_after: str | None = Field(
        default=None,
        description="For tests: the step (`apply.save`; its third time `apply.save:3`) after "
        "which the process kills itself.",
    )

    @field_validator("kafka_bootstrap_servers", mode="before")
    @classmethod
    def _split(cls, given: Any) -> Any:
        if not isinstance(given, str):
            return given
        servers = tuple(part.strip() for part in given.split(",") if part.strip())
        if not all(map(_has_a_port, servers)):
            raise ValueError("wants host:port, separated by commas")
        return servers or None

    @field_validator("web_names", mode="before")
    @classmethod
    def _names(cls, given: Any) -> Any:
        if not isinstance(given, str):
            return given
        return tuple(name.strip() for name in given.split(",") if name.strip())

    @field_validator("address_secrets_before", mode="before")
    @classmethod
    def _secrets(cls, given: Any) -> Any:
        if not isinstance(given, str):
            return given
        return tuple(SecretStr(part.strip()) for part in given.split(",") if part.strip())

    @field_validator("database_url", mode="after")
    @classmethod
    def _with_driver(cls, given: SecretStr | None) -> SecretStr | None:
        return given and SecretStr(with_driver(given.get_secret_value()))

    @property
    def bootstrap_servers(self) -> list[str]:
        """Kafka's addresses as clients take them. Raises if none is known: see workers/local."""
        if not self.kafka_bootstrap_servers:
            raise LookupError("no Kafka: set KAFKA_BOOTSTRAP_SERVERS or run `pstatus local up`")
        return list(self.kafka_bootstrap_servers)

    @property
    def database(self) -> str:
        """PostgreSQL's address with its secret. Raises if none is known: see workers/local."""
        if self.database_url is None:
            raise LookupError("no database: set DATABASE_URL or run `pstatus local up`")
        return self.database_url.get_secret_value()


def with_driver(url: str) -> str:
    """postgres:// and postgresql:// as SQLAlchemy wants them: with asyncpg, which says `ssl`."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in {"postgres", "postgresql", "postgresql+asyncpg"}:
        raise ValueError("must begin with postgresql://")
    if not _has_a_port(rest):
        raise ValueError("the port is no number")
    return DRIVER + rest.replace("?sslmode=", "?ssl=").replace("&sslmode=", "&ssl=")


def _has_a_port(place: str) -> bool:
    """Whether its port, if it names one, is a number."""
    found = PORT.match(place)
    port = found and found["port"]
    return not port or (port.isascii() and port.isdigit())


def variables(field: str) -> tuple[str, ...]:
    """The environment variables that set this field, the strongest first."""
    alias = Settings.model_fields[field].validation_alias
    if isinstance(alias, AliasChoices):
        return tuple(str(choice) for choice in alias.choices)
    return (PREFIX + field.upper(),)


def origin(field: str) -> str | None:
    """The environment variable that this field was read from, or None for its default."""
    return next((name for name in variables(field) if os.environ.get(name)), None)


def strangers() -> list[str]:
    """Environment variables with our prefix that are no setting: mistyped ones, most likely."""
    known = {name for field in Settings.model_fields for name in variables(field)}
    return sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
