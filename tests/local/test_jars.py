"""Kafka's jars are the committed ones or none."""

import shutil
from pathlib import Path

import pytest

from workers.local import jars
from workers.local.errors import LocalError


def test_a_changed_jar_is_noticed(tmp_path: Path, kafka_jars: Path):
    """One byte is enough."""
    copy = tmp_path / "copy"
    shutil.copytree(kafka_jars, copy)
    assert jars.is_intact(copy)

    first = copy / next(iter(jars.listed()))
    first.write_bytes(first.read_bytes()[:-1] + b"!")

    assert not jars.is_intact(copy)


def test_a_missing_jar_is_noticed(tmp_path: Path, kafka_jars: Path):
    """A half-copied folder is no folder."""
    copy = tmp_path / "copy"
    shutil.copytree(kafka_jars, copy)

    (copy / next(iter(jars.listed()))).unlink()

    assert not jars.is_intact(copy)


def test_without_network_the_error_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """No traceback of a downloader: what is missing, and the two ways on."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    with pytest.raises(
        LocalError, match=r"Could not fetch Apache Kafka .* KAFKA_BOOTSTRAP_SERVERS"
    ):
        jars.ready(tmp_path)

    assert not (tmp_path / "kafka-jars" / jars.VERSION).exists()
