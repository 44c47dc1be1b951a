"""The US keyboard: which keys make a character, and what each key sends (scan code set 1).

A stroke is a key with the modifiers held while it is pressed. Characters that no key makes (CP437 above 7Fh) are
typed as people did: Alt held, the code on the numeric keypad.

Text for `--keys` and `Keyboard.type_text`: every character is typed as it stands, a line feed is Enter, and a name in
braces is a key, with modifiers in front: `{Enter} {Esc} {Tab} {Backspace} {Space} {Up} {Down} {Left} {Right} {Home}
{End} {PgUp} {PgDn} {Ins} {Del} {F1}` … `{F12} {Ctrl+C} {Alt+X} {Shift+Tab} {Ctrl+Alt+Del} {Ctrl+Break} {PrtSc}
{Pad5}`; `{{` and `}}` are the braces themselves; `{Wait 500}` types nothing for 500 milliseconds.

The same hand moves the mouse: `{Mouse 320,100}` points at a place of the mouse driver's screen (640 wide, 8 to a row of
text), `{Click left}` presses and releases a button (left, right, middle), `{Press left}` and `{Release left}` do one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from app.emu.devices.mouse import BUTTONS, Gesture

EXTENDED: Final = 0xE000
"""Added to the scan code of a key that sends the prefix E0h."""

CTRL: Final = 0x1D
ALT: Final = 0x38
SHIFT: Final = 0x2A
MODIFIERS: Final = {"ctrl": CTRL, "alt": ALT, "shift": SHIFT}
RELEASE: Final = 0x80
CLICK: Final = 80
"""Milliseconds a button is held in a click, and after which another may follow."""

_ROWS: Final = (
    (0x02, "1234567890-=", "!@#$%^&*()_+"),
    (0x10, "qwertyuiop[]", "QWERTYUIOP{}"),
    (0x1E, "asdfghjkl;'`", 'ASDFGHJKL:"~'),
    (0x2B, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
    (0x39, " ", ""),
)
PAD_DIGITS: Final = (0x52, 0x4F, 0x50, 0x51, 0x4B, 0x4C, 0x4D, 0x47, 0x48, 0x49)
"""Keypad keys 0-9."""

KEYS: Final[dict[str, int]] = {
    "esc": 0x01,
    "backspace": 0x0E,
    "tab": 0x0F,
    "enter": 0x1C,
    "space": 0x39,
    "capslock": 0x3A,
    **{f"f{number}": 0x3A + number for number in range(1, 11)},
    "f11": 0x57,
    "f12": 0x58,
    "numlock": 0x45,
    "scrolllock": 0x46,
    "home": EXTENDED | 0x47,
    "up": EXTENDED | 0x48,
    "pgup": EXTENDED | 0x49,
    "left": EXTENDED | 0x4B,
    "right": EXTENDED | 0x4D,
    "end": EXTENDED | 0x4F,
    "down": EXTENDED | 0x50,
    "pgdn": EXTENDED | 0x51,
    "ins": EXTENDED | 0x52,
    "del": EXTENDED | 0x53,
    "prtsc": EXTENDED | 0x37,
    "break": EXTENDED | 0x46,
    "padenter": EXTENDED | 0x1C,
    "pad/": EXTENDED | 0x35,
    "pad*": 0x37,
    "pad-": 0x4A,
    "pad+": 0x4E,
    "pad.": 0x53,
    **{f"pad{digit}": code for digit, code in enumerate(PAD_DIGITS)},
}
"""Keys without a character, by the lower-case name used between braces."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """Modifiers pressed, keys pressed and released one after the other, modifiers released.

    Instead of that wait_milliseconds: nothing is typed so long; gesture: the mouse is used.
    """

    keys: tuple[int, ...]
    held: tuple[int, ...] = ()
    wait_milliseconds: int = 0
    gesture: Gesture | None = None

    def codes(self) -> list[bytes]:
        """What the keyboard sends, one element per key going down or up."""
        return [
            *(make(key) for key in self.held),
            *(code for key in self.keys for code in (make(key), release(key))),
            *(release(key) for key in reversed(self.held)),
        ]


def make(key: int) -> bytes:
    """What a key sends when it goes down."""
    return bytes((0xE0, key & 0x7F)) if key & EXTENDED else bytes((key & 0x7F,))


def release(key: int) -> bytes:
    """What a key sends when it goes up."""
    return make(key)[:-1] + bytes((key & 0x7F | RELEASE,))


def _characters() -> dict[int, Stroke]:
    strokes: dict[int, Stroke] = {}
    for first, plain, shifted in _ROWS:
        for offset, character in enumerate(plain):
            strokes[ord(character)] = Stroke((first + offset,))
        for offset, character in enumerate(shifted):
            strokes[ord(character)] = Stroke((first + offset,), (SHIFT,))
    for letter in range(1, 27):
        key = strokes[ord("a") + letter - 1].keys
        strokes[letter] = Stroke(key, (CTRL,))
    strokes |= {
        0x00: Stroke(strokes[ord("2")].keys, (CTRL,)),
        0x08: Stroke((KEYS["backspace"],)),
        0x09: Stroke((KEYS["tab"],)),
        0x0A: Stroke((KEYS["enter"],)),
        0x0D: Stroke((KEYS["enter"],)),
        0x1B: Stroke((KEYS["esc"],)),
        0x1C: Stroke(strokes[ord("\\")].keys, (CTRL,)),
        0x1D: Stroke(strokes[ord("]")].keys, (CTRL,)),
        0x1E: Stroke(strokes[ord("6")].keys, (CTRL,)),
        0x1F: Stroke(strokes[ord("-")].keys, (CTRL,)),
        0x7F: Stroke((KEYS["backspace"],), (CTRL,)),
    }
    for code in range(0x80, 0x100):
        strokes[code] = Stroke(tuple(PAD_DIGITS[int(digit)] for digit in str(code)), (ALT,))
    return strokes


CHARACTERS: Final = _characters()
"""The stroke that makes each CP437 code."""
_NAMED = re.compile(r"\{\{|\}\}|\{([^{}]+)\}")
_PREFIX = re.compile(r"(ctrl|alt|shift)\s*\+\s*(?=.)", re.IGNORECASE)


def strokes_of_bytes(data: bytes) -> list[Stroke]:
    """The strokes that type raw bytes; CR LF is one Enter."""
    return [CHARACTERS[code] for code in data.replace(b"\r\n", b"\r")]


def strokes_of_text(text: str) -> list[Stroke]:
    """The strokes of a text with key names in braces. Raises `ValueError` with a message for the user."""
    strokes: list[Stroke] = []
    done = 0
    for match in _NAMED.finditer(text):
        strokes += _plain(text[done : match.start()])
        strokes += _named(match[1]) if match[1] else [CHARACTERS[ord(match[0][0])]]
        done = match.end()
    return strokes + _plain(text[done:])


def _plain(text: str) -> list[Stroke]:
    if "{" in text or "}" in text:
        raise ValueError(f"{text!r} has a brace without its partner; write {{{{ or }}}} for a brace to be typed")
    try:
        return strokes_of_bytes(text.encode("cp437"))
    except UnicodeEncodeError as failure:
        raise ValueError(f"{failure.object[failure.start]!r} is no character of a DOS keyboard (CP437)") from None


def _named(name: str) -> list[Stroke]:
    if (wait := re.fullmatch(r"wait (\d{1,7})", name.strip().lower())) is not None:
        return [Stroke((), wait_milliseconds=int(wait[1]))]
    if (use := re.fullmatch(r"(mouse|click|press|release) +(.+)", name.strip().lower())) is not None:
        return _mouse(use[1], use[2])
    held: list[int] = []
    rest = name.strip()
    while (prefix := _PREFIX.match(rest)) is not None:
        held.append(MODIFIERS[prefix[1].lower()])
        rest = rest[prefix.end() :]
    return [_with(rest, tuple(held))]


def _mouse(action: str, what: str) -> list[Stroke]:
    """The strokes of `mouse X,Y`, `click BUTTON`, `press BUTTON` or `release BUTTON`."""
    if action == "mouse":
        place = re.fullmatch(r"(\d{1,4}) *, *(\d{1,4})", what)
        if place is None:
            raise ValueError(f"{{Mouse {what}}}: write two numbers, column and row in pixels: {{Mouse 320,100}}")
        return [Stroke((), gesture=Gesture(place=(int(place[1]), int(place[2]))))]
    button = BUTTONS.get(what)
    if button is None:
        raise ValueError(f"{{{action.capitalize()} {what}}}: the buttons are {', '.join(BUTTONS)}")
    press, release = Stroke((), gesture=Gesture(press=button)), Stroke((), gesture=Gesture(release=button))
    held = Stroke((), wait_milliseconds=CLICK)
    return {"press": [press], "release": [release], "click": [press, held, release, held]}[action]


def _with(key: str, held: tuple[int, ...]) -> Stroke:
    if (code := KEYS.get(key.lower())) is not None:
        return Stroke((code,), held)
    if len(key) == 1 and key.isascii():
        stroke = CHARACTERS[ord(key.lower() if held else key)]
        return Stroke(stroke.keys, held + tuple(more for more in stroke.held if more not in held))
    raise ValueError(f"{{{key}}} is no key; the names are {', '.join(sorted(KEYS))} and single characters")
