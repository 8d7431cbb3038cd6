"""Canonical JSON is what RFC 8785 says, letter for letter."""

import math
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_dispatch.dispatch.work.events import as_json
from geo_dispatch.kernel.canonical import canonical_json, sha256_of

APPENDIX_B = {
    "0000000000000000": "0",
    "8000000000000000": "0",
    "0000000000000001": "5e-324",
    "8000000000000001": "-5e-324",
    "7fefffffffffffff": "1.7976931348623157e+308",
    "ffefffffffffffff": "-1.7976931348623157e+308",
    "4340000000000000": "9007199254740992",
    "c340000000000000": "-9007199254740992",
    "4430000000000000": "295147905179352830000",
    "44b52d02c7e14af5": "9.999999999999997e+22",
    "44b52d02c7e14af6": "1e+23",
    "44b52d02c7e14af7": "1.0000000000000001e+23",
    "444b1ae4d6e2ef4e": "999999999999999700000",
    "444b1ae4d6e2ef4f": "999999999999999900000",
    "444b1ae4d6e2ef50": "1e+21",
    "3eb0c6f7a0b5ed8c": "9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d": "0.000001",
    "41b3de4355555553": "333333333.3333332",
    "41b3de4355555554": "333333333.33333325",
    "41b3de4355555555": "333333333.3333333",
    "41b3de4355555556": "333333333.3333334",
    "41b3de4355555557": "333333333.33333343",
    "becbf647612f3696": "-0.0000033333333333333333",
    "43143ff3c1cb0959": "1424953923781206.2",
}


@pytest.mark.parametrize(("bits", "spelled"), APPENDIX_B.items())
def test_numbers_are_spelled_as_in_appendix_b(bits, spelled):
    (number,) = struct.unpack(">d", bytes.fromhex(bits))
    assert canonical_json(number).decode() == spelled


def test_members_are_sorted_by_utf16_as_in_section_3_2_3():
    given_object = {
        "\u20ac": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\U0001f600": "Emoji: Grinning Face",
        "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis",
    }
    spelled = canonical_json(given_object).decode()
    order = ["Carriage", "One", "Control", "Latin", "Euro", "Emoji", "Hebrew"]
    assert sorted(order, key=spelled.index) == order


def test_text_is_spelled_as_in_section_3_2_2():
    text = "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"\u002f"
    assert canonical_json(text).decode() == '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'


def test_whole_numbers_are_the_same_with_and_without_a_point():
    assert sha256_of({"duration_s": 3600.0}) == sha256_of({"duration_s": 3600})


@pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan])
def test_what_is_no_number_in_json_is_refused(number):
    with pytest.raises(ValueError, match="no number in JSON"):
        canonical_json([number])


def test_what_does_not_come_out_of_json_is_refused():
    with pytest.raises(TypeError, match="set does not come out of JSON"):
        canonical_json({"a": {1}})


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    max_leaves=20,
)


@settings(max_examples=300, derandomize=True, deadline=None)
@given(json_values)
def test_the_spelling_is_json_for_the_same_value(value):
    import json  # noqa: PLC0415 - the oracle

    spelled = canonical_json(value)
    assert json.loads(spelled, parse_int=float) == json.loads(json.dumps(value), parse_int=float)
    assert canonical_json(as_json(value)) == spelled
