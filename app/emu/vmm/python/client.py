"""The client registers as attributes."""

from __future__ import annotations

from typing import Final

from app.emu.registers import Flag
from app.emu.vmm.client_registers import DWORDS, SEGMENTS, ClientRegisters

_FLAGS: Final = {"cf": Flag.CF, "zf": Flag.ZF}


def _parts() -> dict[str, tuple[int, int]]:
    """{name of a 16- or 8-bit field: (offset, bytes)}"""
    found = {}
    for name, at in DWORDS.items():
        if name != "error":
            found[name.replace("e", "", 1) if not name.startswith("alt_") else "alt_" + name[5:]] = (at, 2)
    for letter in "abcd":
        found |= {f"{letter}l": (DWORDS[f"e{letter}x"], 1), f"{letter}h": (DWORDS[f"e{letter}x"] + 1, 1)}
    return found


_PARTS: Final = _parts()


class Client:
    """Client_Reg_Struc by the names of the reference without `Client_`, in small letters: eax, ax, al, cs, alt_esp …

    And cf, zf: bits of EFlags, as bool.
    """

    __slots__ = ("_fields",)

    def __init__(self, fields: ClientRegisters) -> None:
        object.__setattr__(self, "_fields", fields)

    def __getattr__(self, name: str) -> int:
        fields: ClientRegisters = object.__getattribute__(self, "_fields")
        if name in DWORDS or name in SEGMENTS:
            return fields.get(name)
        if name in _FLAGS:
            return bool(fields.get("eflags") & _FLAGS[name])
        at, size = _part(name)
        return int.from_bytes(fields.memory.read(fields.linear + at, size), "little")

    def __setattr__(self, name: str, value: int) -> None:
        fields: ClientRegisters = object.__getattribute__(self, "_fields")
        if name in _FLAGS:
            fields.set_flag(_FLAGS[name], on=bool(value))
            return
        is_whole = name in DWORDS or name in SEGMENTS
        size = (4 if name in DWORDS else 2) if is_whole else _part(name)[1]
        given: object = value
        if not isinstance(given, int) or not 0 <= value < 1 << 8 * size:
            raise ValueError(f"client.{name} takes a number of {8 * size} bits, not {value!r}")
        if is_whole:
            fields.set(name, value)
        else:
            fields.memory.write(fields.linear + _part(name)[0], value.to_bytes(size, "little"))


def _part(name: str) -> tuple[int, int]:
    if name not in _PARTS:
        known = ", ".join((*DWORDS, *SEGMENTS, *_PARTS, *_FLAGS))
        raise AttributeError(f"there is no client register {name!r}; there are {known}")
    return _PARTS[name]
