"""The tables behind `operands.decode`.

An entry is a list of words, carried out in order:

    m            ModRM follows                      r:v w:v x:v   read, write, read and write the memory operand
    i:b          an immediate                       o:br          a direct address (MOV AL, [moffs])
    /:a,b,…      choose by ModRM's reg field; `.` nothing more, `!` undefined
    mem          a register operand is undefined    str:bsD       a string instruction on DS:SI and ES:DI
    load:0       loads segment register 0 … 5       loadreg       loads the one in ModRM's reg field
    push, pop …  implicit stack accesses            #             the register operand is a bit offset

Sizes: b 1, w 2, d 4, q 8, t 10, v operand size, a two operands, p far pointer, s 6 (GDTR),
e FPU environment, S FPU state.
"""

from __future__ import annotations

from typing import Final

STACK: Final = {
    "push": (1, True),
    "push2": (2, True),
    "pusha": (8, True),
    "pop": (1, False),
    "pop2": (2, False),
    "pop3": (3, False),
    "popa": (8, False),
}
"""Words for implicit stack accesses: how many, and whether they push."""

ONE_BYTE: Final[dict[int, str]] = {
    0x06: "push", 0x07: "pop load:0", 0x0E: "push", 0x16: "push", 0x17: "pop load:2", 0x1E: "push", 0x1F: "pop load:3",
    0x60: "pusha", 0x61: "popa", 0x62: "m mem r:a", 0x63: "m x:w",
    0x68: "i:v push", 0x69: "m r:v i:v", 0x6A: "i:b push", 0x6B: "m r:v i:b",
    0x6C: "str:bD", 0x6D: "str:vD", 0x6E: "str:bs", 0x6F: "str:vs",
    0x80: "m i:b /:x:b,x:b,x:b,x:b,x:b,x:b,x:b,r:b", 0x82: "m i:b /:x:b,x:b,x:b,x:b,x:b,x:b,x:b,r:b",
    0x81: "m i:v /:x:v,x:v,x:v,x:v,x:v,x:v,x:v,r:v", 0x83: "m i:b /:x:v,x:v,x:v,x:v,x:v,x:v,x:v,r:v",
    0x84: "m r:b", 0x85: "m r:v", 0x86: "m x:b", 0x87: "m x:v", 0x88: "m w:b", 0x89: "m w:v", 0x8A: "m r:b",
    0x8B: "m r:v", 0x8C: "m w:w", 0x8D: "m mem", 0x8E: "m r:w loadreg", 0x8F: "m popmem",
    0x9A: "i:p push2 load:1", 0x9C: "push", 0x9D: "pop",
    0xA0: "o:br", 0xA1: "o:vr", 0xA2: "o:bw", 0xA3: "o:vw",
    0xA4: "str:bsD", 0xA5: "str:vsD", 0xA6: "str:bsd", 0xA7: "str:vsd", 0xA8: "i:b", 0xA9: "i:v",
    0xAA: "str:bD", 0xAB: "str:vD", 0xAC: "str:bs", 0xAD: "str:vs", 0xAE: "str:bd", 0xAF: "str:vd",
    0xC0: "m x:b i:b", 0xC1: "m x:v i:b", 0xC2: "i:w pop", 0xC3: "pop",
    0xC4: "m mem r:p load:0", 0xC5: "m mem r:p load:3", 0xC6: "m i:b /:w:b,!,!,!,!,!,!,!",
    0xC7: "m i:v /:w:v,!,!,!,!,!,!,!", 0xC8: "enter", 0xC9: "leave", 0xCA: "i:w pop2 load:1", 0xCB: "pop2 load:1",
    0xCC: "", 0xCD: "i:b", 0xCE: "", 0xCF: "pop3 load:1",
    0xD0: "m x:b", 0xD1: "m x:v", 0xD2: "m x:b", 0xD3: "m x:v", 0xD4: "i:b", 0xD5: "i:b", 0xD6: "", 0xD7: "xlat",
    0xE4: "i:b", 0xE5: "i:b", 0xE6: "i:b", 0xE7: "i:b", 0xE8: "i:v push", 0xE9: "i:v", 0xEA: "i:p load:1", 0xEB: "i:b",
    0xF6: "m /:r:b+i:b,r:b+i:b,x:b,x:b,r:b,r:b,r:b,r:b", 0xF7: "m /:r:v+i:v,r:v+i:v,x:v,x:v,r:v,r:v,r:v,r:v",
    0xFE: "m /:x:b,x:b,!,!,!,!,!,!",
    0xFF: "m /:x:v,x:v,r:v+push,mem+r:p+push2+load:1,r:v,mem+r:p+load:1,r:v+push,!",
}  # fmt: skip

for _row in range(8):
    _direction = "r" if _row == 7 else "x"
    ONE_BYTE[8 * _row] = f"m {_direction}:b"
    ONE_BYTE[8 * _row + 1] = f"m {_direction}:v"
    ONE_BYTE[8 * _row + 2] = "m r:b"
    ONE_BYTE[8 * _row + 3] = "m r:v"
    ONE_BYTE[8 * _row + 4] = "i:b"
    ONE_BYTE[8 * _row + 5] = "i:v"
ONE_BYTE.update(dict.fromkeys((0x27, 0x2F, 0x37, 0x3F, 0x98, 0x99, 0x9B, 0x9E, 0x9F, 0xF1, 0xF4, 0xF5), ""))
ONE_BYTE.update(dict.fromkeys((*range(0x40, 0x50), *range(0x90, 0x98), *range(0xEC, 0xF0), *range(0xF8, 0xFE)), ""))
ONE_BYTE.update(dict.fromkeys(range(0x50, 0x58), "push"))
ONE_BYTE.update(dict.fromkeys(range(0x58, 0x60), "pop"))
ONE_BYTE.update(dict.fromkeys((*range(0x70, 0x80), *range(0xE0, 0xE4), *range(0xB0, 0xB8)), "i:b"))
ONE_BYTE.update(dict.fromkeys(range(0xB8, 0xC0), "i:v"))

TWO_BYTE: Final[dict[int, str]] = {
    0x00: "m /:w:w,w:w,.,.,r:w,r:w,!,!", 0x01: "m /:mem+w:s,mem+w:s,.,.,w:w,!,.,.",
    0x02: "m r:w", 0x03: "m r:w", 0x06: "", 0x08: "", 0x09: "", 0x0B: "",
    0x20: "i:b", 0x21: "i:b", 0x22: "i:b", 0x23: "i:b", 0x30: "", 0x31: "", 0x32: "", 0x33: "",
    0xA0: "push", 0xA1: "pop load:4", 0xA2: "", 0xA3: "m r:v#", 0xA4: "m x:v i:b", 0xA5: "m x:v",
    0xA8: "push", 0xA9: "pop load:5", 0xAB: "m x:v#", 0xAC: "m x:v i:b", 0xAD: "m x:v", 0xAF: "m r:v",
    0xB0: "m x:b", 0xB1: "m x:v", 0xB2: "m mem r:p load:2", 0xB3: "m x:v#", 0xB4: "m mem r:p load:4",
    0xB5: "m mem r:p load:5", 0xB6: "m r:b", 0xB7: "m r:w", 0xBA: "m i:b /:!,!,!,!,r:v,x:v,x:v,x:v",
    0xBB: "m x:v#", 0xBC: "m r:v", 0xBD: "m r:v", 0xBE: "m r:b", 0xBF: "m r:w",
    0xC0: "m x:b", 0xC1: "m x:v", 0xC7: "m mem /:!,x:q,!,!,!,!,!,!",
}  # fmt: skip
TWO_BYTE.update(dict.fromkeys(range(0x80, 0x90), "i:v"))
TWO_BYTE.update(dict.fromkeys(range(0x90, 0xA0), "m w:b"))
TWO_BYTE.update(dict.fromkeys(range(0xC8, 0xD0), ""))

FPU: Final[tuple[tuple[str, ...], ...]] = (
    ("dr",) * 8,
    ("dr", "", "dw", "dw", "er", "wr", "ew", "ww"),
    ("dr",) * 8,
    ("dr", "dw", "dw", "dw", "", "tr", "", "tw"),
    ("qr",) * 8,
    ("qr", "qw", "qw", "qw", "Sr", "", "Sw", "ww"),
    ("wr",) * 8,
    ("wr", "ww", "ww", "ww", "tr", "qr", "tw", "qw"),
)
"""Size and direction of the memory operand of D8 … DF by ModRM's reg field; empty: undefined."""
