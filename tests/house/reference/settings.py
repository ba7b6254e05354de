"""docs/settings.md, from the one class of settings, and the metrics' reference."""

from pydantic_core import PydanticUndefined

from tests.house.reference.markdown import NOTE, code, joined, table
from workers.ops.metrics import reference
from workers.settings import Settings, variables

INTRO = """# Settings

Every setting is an environment variable; there is no configuration file. `pstatus settings` shows
what is in force and where it came from; secrets are never printed."""


def page() -> str:
    """The whole page."""
    return joined(
        NOTE, INTRO, table(("variable", "default", "meaning"), map(_row, Settings.model_fields))
    )


def _row(name: str) -> tuple[str, str, str]:
    field = Settings.model_fields[name]
    known = " or ".join(map(code, variables(name)))
    return known, _default(name), field.description or ""


def _default(name: str) -> str:
    default = Settings.model_fields[name].default
    if default is PydanticUndefined:
        return "`.local` in the checkout"
    if isinstance(default, bool):
        return code(str(default).lower())
    return "-" if default is None else code(str(default))


def metrics() -> str:
    """The table of metrics."""
    return "\n".join(reference())
