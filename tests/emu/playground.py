"""A guest that does what it likes: random code in a machine that is the same at each start, and what it may touch.

Around the mounted folder lie things that are none of the guest's business; whatever it does, they stay as they are.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from pathlib import Path
from typing import Any, Final

from app.emu.machine import Machine
from app.emu.registers import Mode
from tests.emu.inventory import kept, resident
from tests.emu.runs import EXIT, Console, client, com, forward, machine

LENGTH: Final = 4000
"""Instructions a guest gets: whoever has not ended by then has met a limit, which is a reason, too."""
TURNS: Final = 500
SECONDS: Final = 20
"""Processor time no guest needs for that."""
WARM: Final = 5
"""Runs after which everything is there that is kept for good."""
NAMES_AT: Final = 0x4000
"""Where the guest finds names, a hundred and twenty-eight bytes each."""
NAME_SIZE: Final = 0x80
HOOKS: Final = 200
"""More than the guard plants at a time."""
REPEATED: Final = 50
"""Runs that are made again in the end, to see whether the process takes more memory for that."""
MEMORY_MAY_GROW: Final = 16 << 20
"""Bytes: what the engine translates again, and what its allocator does not give back at once."""


class Playground:
    """A prepared machine. bits: 0 for real mode, 16 or 32 for a client of that width; launch: as `Launch` takes it.

    reasons: how the runs ended so far, with how many of each.
    """

    def __init__(self, outside: Path, bits: int, **launch: Any) -> None:
        self.outside = outside
        self.mounted = outside / "mounted"
        for name in ("SECRET.TXT", "beside/SECRET.TXT", "mounted/DATA.TXT", "mounted/SUB/INNER.TXT"):
            path = outside / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"the contents of {name}\n")
        program = com(self.mounted, client(bits, b"") if bits else EXIT, "START.COM")
        self.running = machine(program, console=Console(), **launch)
        while self.running.regs.mode not in ({Mode.PM16, Mode.PM32} if bits else {Mode.V86}):
            self.running.slice(1)
        if bits:
            forward(self.running, 2)  # push ds / pop es
        self._start = self.running.save()
        self._at = self.running.regs.code_linear
        self._base = self.running.regs.ds.base
        self.files = self.everything()
        self.reasons: Counter[str] = Counter()
        self._kept: Counter[str] = Counter()
        self._recent: deque[tuple[bytes, list[bytes]]] = deque(maxlen=REPEATED)

    def everything(self) -> dict[str, bytes | None]:
        """All files and folders in and around the mounted folder."""
        found = sorted(self.outside.rglob("*"))
        return {str(path.relative_to(self.outside)): path.read_bytes() if path.is_file() else None for path in found}

    def run(self, code: bytes, names: list[bytes]) -> Machine:
        """Run code to its end or a limit; it ends for a stated reason, soon, and has touched nothing outside."""
        running = self.running
        if self.reasons.total() == WARM:
            self._kept = self._stock()
        self._recent.append((code, names))
        running.restore(self._start)
        running.console = Console()
        running.memory.write(self._at, code + EXIT)
        for number, name in enumerate(names):
            running.memory.write(self._base + NAMES_AT + number * NAME_SIZE, name[: NAME_SIZE - 1] + b"\0")
        began = time.process_time()
        self.reasons[self._to_an_end()] += 1
        assert time.process_time() - began < SECONDS, "this took much too long"
        return running

    def _to_an_end(self) -> str:
        running = self.running
        until = running.tick + LENGTH
        halfway = 0
        for turn in range(TURNS):
            if turn == TURNS // 2:
                halfway = running.clock
            if running.tick >= until:
                return "instructions"
            running.slice(until - running.tick)
            if running.state.devices.keyboard.wants_input:
                return "waits for a key"
            if (end := running.state.end) is not None:
                assert end.how in {"exit", "resident", "terminated"}
                assert end.message or end.how != "terminated", "the host has to say why"
                return end.how
        assert running.clock > halfway, "the machine turns and no time passes"
        return "turns"

    def check_files(self) -> None:
        """Nothing in and around the mounted folder has changed."""
        assert self.everything() == self.files

    def check_nothing_grew(self) -> None:
        """This process keeps no more for the machine than after the first runs, and takes no more to repeat some.

        Nothing is said of the memory all runs took: who made up the programs keeps some for each.
        """
        more = self._stock() - self._kept
        assert more.pop("engine's hooks", 0) < HOOKS
        assert not more, more
        before = resident()
        for code, names in list(self._recent):
            self.run(code, names)
        assert resident() < before + MEMORY_MAY_GROW

    def _stock(self) -> Counter[str]:
        self.running.restore(self._start)
        return kept(self.running)
