"""Tables as dataclasses: every fault found, each with its path."""

from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from typing import Literal

import pytest

from geo_dispatch.kernel.errors import Fault, InvalidInput
from geo_dispatch.kernel.tables import read_table


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Wheel:
    name: str
    spokes: int = 8


@dataclass(frozen=True)
class Cart:
    name: str
    load_kg: float = 1.0
    colour: Colour = Colour.RED
    kind: Literal["hand", "horse"] = "hand"
    built: date | None = None
    leaves: time | None = None
    wheels: tuple[Wheel, ...] = ()
    spare: Wheel | None = None

    def __post_init__(self):
        if self.load_kg < 0:
            raise InvalidInput("no such cart", [Fault("load_kg", "is below 0")])
        if self.name == "none":
            raise ValueError("a cart has a name")


def faults_of(table):
    with pytest.raises(InvalidInput) as refusal:
        read_table(table, Cart, "cart")
    return [str(fault) for fault in refusal.value.faults]


def test_a_table_becomes_the_dataclass():
    table = {
        "name": "one",
        "load_kg": 3,
        "colour": "blue",
        "built": date(2026, 1, 2),
        "leaves": time(8),
        "wheels": [{"name": "left"}, {"name": "right", "spokes": 9}],
        "spare": {"name": "spare"},
    }
    assert read_table(table, Cart) == Cart(
        "one",
        3.0,
        Colour.BLUE,
        built=date(2026, 1, 2),
        leaves=time(8),
        wheels=(Wheel("left"), Wheel("right", 9)),
        spare=Wheel("spare"),
    )


def test_all_faults_are_told_at_once_each_with_its_path():
    table = {
        "nmae": "x",
        "load_kg": "much",
        "colour": "blu",
        "kind": "steam",
        "built": 3,
        "wheels": [{"name": "left", "spokes": "many"}, 5, {"spokes": 3}],
    }
    assert faults_of(table) == [
        "cart.nmae: is not known; did you mean 'name'?",
        "cart.name: is missing; it must be given",
        "cart.load_kg: 'much': should be a number",
        "cart.colour: 'blu' is not one of red, blue; did you mean 'blue'?",
        "cart.kind: 'steam' is not one of hand, horse",
        "cart.built: 3: should be a date such as 2026-12-24",
        "cart.wheels[left].spokes: 'many': should be a whole number",
        "cart.wheels[1]: 5: should be a table of keys and values",
        "cart.wheels[2].name: is missing; it must be given",
    ]


def test_a_list_has_to_be_one():
    assert faults_of({"name": "x", "wheels": {"name": "left"}}) == [
        "cart.wheels: {'name': 'left'}: should be a list […]"
    ]


def test_what_a_dataclass_refuses_by_itself_is_told_with_its_path():
    assert faults_of({"name": "x", "load_kg": -1.0}) == ["cart.load_kg: is below 0"]
    assert faults_of({"name": "none"}) == ["cart: a cart has a name"]


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_numbers_are_finite(number):
    assert faults_of({"name": "x", "load_kg": number}) == [
        f"cart.load_kg: {number} is not a finite number"
    ]


def test_true_is_no_number():
    assert faults_of({"name": "x", "load_kg": True}) == ["cart.load_kg: True: should be a number"]


def test_text_holds_no_control_characters():
    assert faults_of({"name": "a\0b", "wheels": [{"name": "\x1b[31m"}]}) == [
        "cart.name: control character U+0000 at character 1; remove it",
        "cart.wheels[0].name: control character U+001B at character 0; remove it",
    ]


@pytest.mark.parametrize("wrap", [lambda number: number, lambda number: [number]])
def test_what_python_itself_does_not_write_down_is_a_fault(wrap):
    value = wrap(16**100_000)
    load, wheels = faults_of({"name": "x", "load_kg": value, "wheels": value})[:2]
    assert load.startswith("cart.load_kg: a value beyond all measure")
    assert wheels.startswith("cart.wheels")


def test_a_fault_is_no_longer_than_a_line_however_long_the_names_are():
    told = faults_of({"name": "x", "k" * 9999: 1, "wheels": [{"name": "w" * 9999, "spokes": "x"}]})
    assert told[0].startswith("cart.'kkkkk")
    assert told[1].startswith("cart.wheels[0].spokes: ")
    assert max(map(len, told)) < 200
