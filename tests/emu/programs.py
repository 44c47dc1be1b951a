"""Programs of bytes: random ones with INT 31h calls among them, and a client that runs another program."""

from __future__ import annotations

from hypothesis import strategies as st

from app.emu.int31 import dispatch  # noqa: F401 - fills the table
from app.emu.int31.table import INT31
from tests.emu.runs import client, int31, word

FUNCTIONS = [row.number for row in INT31]
"""Every function of the specification, offered or not."""

PLAIN = [
    bytes.fromhex(code)
    for code in (
        "01C3",  # add bx, ax
        "29D0",  # sub ax, dx
        "F7E3",  # mul bx
        "F7F1",  # div cx: exception 0 where CX is 0 or too small
        "D1C0",  # rol ax, 1
        "6650 6658",  # push eax / pop eax
        "60 61",  # pusha / popa
        "9C 9D",  # pushf / popf
        "06 07",  # push es / pop es
        "1E 07",  # push ds / pop es
        "0E 0F A1",  # push cs / pop fs
        "8CD8",  # mov ax, ds
        "8EC0",  # mov es, ax
        "8EE3",  # mov fs, bx
        "B91000 BF0060 FC F3AA",  # mov cx, 10h / mov di, 6000h / cld / rep stosb
        "B92000 BE0001 BF0070 F3A4",  # mov cx, 20h / mov si, 100h / mov di, 7000h / rep movsb
        "B91000 E2FE",  # mov cx, 10h / loop $
        "E421",  # in al, 21h
        "E440",  # in al, 40h
        "B0FF E621",  # mov al, FFh / out 21h, al
        "B000 E621",  # mov al, 0 / out 21h, al
        "FA",  # cli
        "FB",  # sti
        "CC",  # int3
        "CD12",  # int 12h
        "B402 B241 CD21",  # mov ah, 2 / mov dl, 'A' / int 21h
        "B42C CD21",  # mov ah, 2Ch / int 21h: the time
        "B448 BB0100 CD21",  # mov ah, 48h / mov bx, 1 / int 21h
        "D9E8 DEC0",  # fld1 / faddp
        "DBE3 D9EB",  # fninit / fldpi
        "DD1E0050",  # fstp qword [5000h]
        "D9F7 D9EE",  # fincstp / fldz
        "0F28C1",  # movaps xmm0, xmm1
        "660F6EC0",  # movd xmm0, eax
        "0F31",  # rdtsc
        "0FA2",  # cpuid
        "C70600600001",  # mov word [6000h], 100h
        "C606060190",  # mov byte [106h], 90h: into code that ran
        "A3FEFF",  # mov [FFFEh], ax
        "A3FFFF",  # mov [FFFFh], ax: past the limit
        "0F0B",  # ud2
        "F4",  # hlt
        "C8100002 C9",  # enter 10h, 2 / leave
        "EBFE",  # jmp $: for ever
    )
]

words = st.integers(0, 0xFFFF)
handy = st.sampled_from([0, 1, 2, 4, 7, 0x10, 0x50, 0x87, 0x8F, 0x97, 0xFF, 0x100, 0xFFF, 0x1000, 0x8000, 0xFFFF])
values = words | handy


@st.composite
def calls(draw: st.DrawFn) -> bytes:
    """An INT 31h with a function of the table, or any number, and registers that make sense or do not."""
    function = draw(st.sampled_from(FUNCTIONS) | words)
    registers = draw(st.dictionaries(st.sampled_from(["bx", "cx", "dx", "si", "di"]), values))
    return int31(function, **registers)


@st.composite
def loads(draw: st.DrawFn) -> bytes:
    """Mov r16, immediate or mov r32, immediate; not SP."""
    register = draw(st.sampled_from([0, 1, 2, 3, 5, 6, 7]))
    if draw(st.booleans()):
        return bytes([0x66, 0xB8 + register]) + draw(st.integers(0, 0xFFFFFFFF)).to_bytes(4, "little")
    return bytes([0xB8 + register]) + word(draw(values))


flags = words.map(lambda value: b"\x68" + word(value) + b"\x9d")
"""push immediate / popf: any flags, the trap flag among them"""
interrupts = st.integers(0, 255).map(lambda vector: bytes([0xCD, vector]))
pieces = st.sampled_from(PLAIN) | calls() | calls() | loads() | flags | interrupts
sequences = st.lists(pieces, max_size=24).map(b"".join)
clients = st.builds(client, st.sampled_from([16, 32]), sequences)
raw = st.binary(min_size=1, max_size=400)
raw_clients = st.builds(client, st.sampled_from([16, 32]), raw)
anything = clients | raw | raw_clients | sequences.filter(bool)

# Programs that a fast timer interrupts again and again, and that allow it by every means there is

FAST_TIMER = bytes.fromhex("B034 E643 B011 E640 B000 E640")
"""mov al, 34h / out 43h, al / mov al, 11h / out 40h, al / mov al, 0 / out 40h, al: a tick every 57 clocks"""
GATES = [
    bytes.fromhex(code)
    for code in (
        "FA",  # cli
        "FB",  # sti
        "FB FA",  # sti / cli
        "FB 90 FA",  # sti / nop / cli
        "FB FB 40 FA",  # sti / sti / inc ax / cli
        "FB EB00 FA",  # sti / jmp on / cli
        "FB CD12 FA",  # sti / int 12h / cli
        "9C FA 40 9D",  # pushf / cli / inc ax / popf
        "6A02 9D",  # push 2 / popf
        "680202 9D FA",  # push 202h / popf / cli
        "8CD0 FB 8ED0 40 FA",  # mov ax, ss / sti / mov ss, ax / inc ax / cli
        "8CD0 8ED0 40",  # mov ax, ss / mov ss, ax / inc ax
        "16 FB 17 90 FA",  # push ss / sti / pop ss / nop / cli
        "16 17 90",  # push ss / pop ss / nop
        "0F31",  # rdtsc
        "FB 0F31 FA",  # sti / rdtsc / cli
        "BF0060 B90100 FB F3AA FA",  # mov di, 6000h / mov cx, 1 / sti / rep stosb / cli
        "BF0060 B90300 FB F3AA FA",
        "E421 FB E421 FA",  # in al, 21h / sti / in al, 21h / cli
        "FB E621 FA",  # sti / out 21h, al / cli
        "B0FF E621 40 40 B000 E621",  # mov al, FFh / out 21h, al / inc ax / inc ax / mov al, 0 / out 21h, al
        "B00C E620 E420 B020 E620 FB 90 FA",  # poll the interrupt controller: that takes the request
        "FB A30050 FA",  # sti / mov [5000h], ax / cli
        "40 40 40 40 40",  # inc ax …
    )
]


@st.composite
def gates(draw: st.DrawFn) -> bytes:
    """A loop without end, in real mode or in a client: a fast timer, and instructions that allow interrupts or not."""
    loop = b"".join(draw(st.lists(st.sampled_from(GATES), min_size=1, max_size=12)))
    code = FAST_TIMER + loop + b"\xeb" + bytes([-len(loop) - 2 & 0xFF])
    bits = draw(st.sampled_from([0, 16, 32]))
    return client(bits, code) if bits else code


# A client that runs a program

STRUCTURE, BLOCK, PATH, SEGMENT = 0x3010, 0x3100, 0x3200, 0x3000
ES, DS, EAX, EBX, EDX = 0x22, 0x24, 0x1C, 0x10, 0x14
"""Offsets in the real mode call structure."""
UD2 = b"\x0f\x0b"


def store(address: int, value: int) -> bytes:
    """Mov word [address], value"""
    return b"\xc7\x06" + word(address) + word(value)


def store_ax(address: int) -> bytes:
    """Mov [address], ax"""
    return b"\xa3" + word(address)


def parent(bits: int, name: bytes) -> bytes:
    """A client that runs a program by INT 31h AX=0300h, INT 21h AX=4B00h, and ends with the code it left."""
    text = name.ljust(16, b"\0")
    code = b"".join(store(PATH + at, int.from_bytes(text[at : at + 2], "little")) for at in range(0, 16, 2))
    code += b"\xa1" + word(SEGMENT)  # mov ax, [SEGMENT]
    code += b"".join(
        store_ax(address) for address in (STRUCTURE + ES, STRUCTURE + DS, BLOCK + 4, BLOCK + 8, BLOCK + 12)
    )
    code += store(BLOCK + 2, BLOCK + 0x20) + store(BLOCK + 0x20, 0x0D00)
    code += store(STRUCTURE + EAX, 0x4B00) + store(STRUCTURE + EDX, PATH) + store(STRUCTURE + EBX, BLOCK)
    code += b"\x66\xbf" + STRUCTURE.to_bytes(4, "little")  # mov edi, STRUCTURE
    code += b"\xbb\x21\0" + b"\x31\xc9" + b"\xb8" + word(0x0300) + b"\xcd\x31"  # mov bx, 21h / xor cx, cx / …
    code += int31(0x0400) + bytes.fromhex("7305 B8FE4C CD21")  # jnc on / mov ax, 4CFEh / int 21h: still a client
    code += store(STRUCTURE + EAX, 0x4D00) + b"\xbb\x21\0" + b"\x31\xc9" + b"\xb8" + word(0x0300) + b"\xcd\x31"
    code += b"\xa0" + word(STRUCTURE + EAX) + bytes.fromhex("B44C CD21")  # mov al, [STRUCTURE + EAX] / mov ah, 4Ch
    return b"\x8c\x0e" + word(SEGMENT) + client(bits, code)  # mov [SEGMENT], cs
