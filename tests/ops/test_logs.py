"""Log lines hold types and places, never what an exception quotes."""

import json
import logging

import pytest
import structlog

from workers.ops import logs


@pytest.fixture(autouse=True)
def restored():
    """Logging as pytest had it, after each test."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict]:
    """What was written, parsed."""
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def failing() -> None:
    """Fails as libraries do: with what they were given in the message."""
    raise ValueError("ada@example.com")


def test_an_exception_is_its_type_and_place(capsys: pytest.CaptureFixture[str]):
    """Ours and a library's: no message, but where to look."""
    logs.configure()
    for log in (structlog.get_logger("ours"), logging.getLogger("aiokafka")):
        try:
            failing()
        except ValueError:
            log.exception("failed")

    told = lines(capsys)

    assert [line["error"] for line in told] == ["ValueError", "ValueError"]
    assert all("test_logs.py" in line["at"][-1] and "failing" in line["at"][-1] for line in told)
    assert "ada@" not in json.dumps(told)


def test_a_network_error_tells_its_address(capsys: pytest.CaptureFixture[str]):
    """It names what did not answer, and quotes nothing else."""
    logs.configure()
    structlog.get_logger("ours").warning("away", exc_info=ConnectionRefusedError(111, "at b:9092"))

    (line,) = lines(capsys)

    assert "at b:9092" in line["error"]


def test_libraries_are_heard_from_warnings_on(capsys: pytest.CaptureFixture[str]):
    """Below that they tell what they carry, also when we are asked to tell more."""
    logs.configure(level="debug")
    logging.getLogger("aiokafka.producer").info("record ada@example.com")
    logging.getLogger("sqlalchemy.engine").debug("ada@example.com")
    structlog.get_logger("ours").debug("heard")

    assert [line["event"] for line in lines(capsys)] == ["heard"]
