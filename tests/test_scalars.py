"""Plain scalars mean what the core schema of YAML 1.2 says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heartline.scalars import LONGEST_NUMBER, TOO_LONG, resolve

INF = float("inf")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True), ("False", False), ("TRUE", True),
        ("yes", "yes"), ("no", "no"), ("on", "on"), ("Off", "Off"), ("y", "y"),
        ("12", 12), ("-3", -3), ("+7", 7), ("010", 10), ("0o17", 15), ("0x1F", 31),
        ("1_000", "1_000"), ("1:30", "1:30"), ("0b11", "0b11"), ("14d", "14d"), ("1.0.0", "1.0.0"),
        ("1.5", 1.5), (".5", 0.5), ("1e3", 1000.0), ("1e999999999", INF), ("-.inf", -INF),
        ("2026-11-22", "2026-11-22"), ("=", "="),
        ("1e", "1e"), (".", "."), ("", None), ("~", None), ("null", None),
    ],
)  # fmt: skip
def test_plain_values_are_those_of_the_core_schema_of_yaml_1_2(text: str, value: object) -> None:
    read = resolve(text)
    assert read == value
    assert type(read) is type(value)


def test_not_a_number_is_a_float() -> None:
    assert resolve(".nan") != resolve(".NaN")


def test_a_number_that_is_too_long_is_not_read() -> None:
    assert resolve("9" * LONGEST_NUMBER) == int("9" * LONGEST_NUMBER)
    for text in ("9" * 1_000_000, "0x" + "f" * 100, "1." + "0" * 100, "1e" + "9" * 100):
        assert resolve(text) is TOO_LONG


@given(st.text(alphabet="+-.0123456789exonaf", max_size=12))
def test_any_text_of_a_number_s_signs_has_a_meaning(text: str) -> None:
    value = resolve(text)
    assert value is None or isinstance(value, str | bool | int | float)
    if isinstance(value, str):
        assert value == text
