"""CSV files as people's spreadsheets write them: UTF-8 with or without BOM, ``,`` or ``;``."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from geo_dispatch.kernel.errors import Fault, InvalidFile
from geo_dispatch.kernel.text import checked_text

_DELIMITERS: Final = (",", ";", "\t")
_WORKBOOK: Final = b"PK\x03\x04"
_MARK: Final = "\ufeff"
"""What some programs put in front of UTF-8."""
_MAX_BYTES: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Row:
    """One line of data; cells by column, stripped, blank ones left out."""

    line: int
    cells: dict[str, str]


def read_text(path: Path) -> str:
    """What the file holds.

    Raises
    ------
    InvalidFile
        It cannot be read, is too large, or is no text in UTF-8.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise InvalidFile(f"{path} cannot be read: {error.strerror}") from error
    if len(data) > _MAX_BYTES:
        raise InvalidFile(f"{path} has more than {_MAX_BYTES // 2**20} MiB; split it")
    if data.startswith(_WORKBOOK):
        raise InvalidFile(f"{path} is a workbook, not CSV; save it as 'CSV UTF-8'")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InvalidFile(f"{path} is not UTF-8 (line {line}); save it as 'CSV UTF-8'") from error


def read_rows(
    text: str, name: str, *, required: Sequence[str], known: Collection[str]
) -> list[Row]:
    """The rows of a text that refusals call ``name``.

    Raises
    ------
    InvalidFile
        It is no CSV, or has the wrong columns; every fault found.
    """
    text = text.removeprefix(_MARK)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    rows: list[Row] = []
    faults: list[Fault] = []
    columns: list[str] = []
    try:
        for cells in lines:
            if not any(cell.strip() for cell in cells):
                continue
            if not columns:
                columns = [_name(cell) for cell in cells]
                _check_columns(name, columns, required, known)
            elif len(cells) > len(columns):
                faults.append(
                    Fault(
                        f"line {lines.line_num}",
                        f"has {len(cells)} cells for {len(columns)} columns; "
                        "put text that holds the delimiter in double quotes",
                    )
                )
            else:
                filled = list(zip(columns, (cell.strip() for cell in cells), strict=False))
                faults.extend(_text_faults(lines.line_num, filled))
                rows.append(Row(lines.line_num, {column: cell for column, cell in filled if cell}))
    except csv.Error as error:
        raise InvalidFile(f"{name}, line {lines.line_num}: {error}; is it a CSV file?") from error
    if faults:
        raise InvalidFile(f"{name} has {len(faults)} faulty lines", faults)
    if not columns:
        raise InvalidFile(f"{name} is empty; its first line must name the columns")
    return rows


def _text_faults(line: int, cells: Sequence[tuple[str, str]]) -> Iterator[Fault]:
    for name, cell in cells:
        try:
            checked_text(cell)
        except ValueError as error:
            yield Fault(f"line {line}, column {name}", str(error))


def _delimiter(text: str) -> str:
    header = next((line for line in text.splitlines() if line.strip()), "")
    return max(_DELIMITERS, key=header.count)


def _name(cell: str) -> str:
    return cell.strip().lower().replace(" ", "_").replace("-", "_")


def _check_columns(
    name: str, columns: list[str], required: Sequence[str], known: Collection[str]
) -> None:
    faults = [
        Fault("line 1", f"column {one!r} is missing") for one in required if one not in columns
    ]
    for column in dict.fromkeys(columns):
        if column not in known:
            like = get_close_matches(column, known, n=1)
            hint = f"; is it {like[0]!r}?" if like else f"; known are {', '.join(known)}"
            faults.append(Fault("line 1", f"column {column!r} is not known{hint}"))
        elif columns.count(column) > 1:
            faults.append(Fault("line 1", f"column {column!r} is there twice"))
    if faults:
        said = "; ".join(fault.message for fault in faults)
        raise InvalidFile(f"{name} has the wrong columns: {said}", faults)
