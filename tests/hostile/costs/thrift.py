"""Thrift's compact protocol written by hand, with whatever fields and sizes a stranger would write.

See "Thrift Compact protocol encoding" in Apache Thrift's documentation.
"""

from __future__ import annotations

from typing import NamedTuple

I16, I32, I64, BINARY, LIST, STRUCT = 4, 5, 6, 8, 9, 12


class Field(NamedTuple):
    """A field of a struct: its number, its type, and its value as bytes."""

    number: int
    kind: int
    value: bytes


def varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first."""
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def zigzag(value: int) -> bytes:
    """A whole number, small ones short whatever their sign."""
    return varint(value * 2 if value >= 0 else -value * 2 - 1)


def i32(number: int, value: int) -> Field:
    """A field of 32 bits."""
    return Field(number, I32, zigzag(value))


def i64(number: int, value: int) -> Field:
    """A field of 64 bits."""
    return Field(number, I64, zigzag(value))


def binary(number: int, value: bytes) -> Field:
    """A field of bytes."""
    return Field(number, BINARY, varint(len(value)) + value)


def inner(number: int, *fields: Field) -> Field:
    """A struct within a struct."""
    return Field(number, STRUCT, struct(*fields))


def listed(number: int, kind: int, values: list[bytes]) -> Field:
    """A list of values of one type."""
    return Field(number, LIST, bytes([0xF0 | kind]) + varint(len(values)) + b"".join(values))


def struct(*fields: Field) -> bytes:
    """Fields in the order given, each by the long form of its number."""
    return (
        b"".join(bytes([kind]) + zigzag(number) + value for number, kind, value in fields) + b"\0"
    )
