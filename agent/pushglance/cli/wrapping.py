"""Lines with colours, wrapped to the terminal at spaces."""

from collections.abc import Iterable, Iterator

import click

_HANG = 4  # columns by which a continued line is further to the right than its begin


def wrapped(lines: Iterable[str], width: int) -> Iterator[str]:
    """Yield lines of at most `width` columns, unless a word is longer; 0: as they are."""
    for line in lines:
        if not width or len(click.unstyle(line)) <= width:
            yield line
        else:
            yield from _wrap(line, width)


def _wrap(line: str, width: int) -> Iterator[str]:
    plain = click.unstyle(line)
    indent = " " * (len(plain) - len(plain.lstrip()) + _HANG)
    row, columns = "", 0
    for number, word in enumerate(line.split(" ")):
        length = len(click.unstyle(word))
        if number and columns + 1 + length > width and row.strip():
            yield row.rstrip()
            row, columns = indent + word, len(indent) + length
        else:
            row, columns = (f"{row} {word}", columns + 1 + length) if number else (word, length)
    yield row
