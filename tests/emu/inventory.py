"""An inventory of a machine: everything that is handed out in it, and what this process keeps for it.

What a program took and gave back leaves two inventories equal, however often it did so.
"""

from __future__ import annotations

import gc
import sys
from collections import Counter
from dataclasses import astuple
from pathlib import Path
from typing import Any, Final

from app.emu import address, event_log, events, registers
from app.emu.cpu import exits, legitimate, operands
from app.emu.dos import host_folder
from app.emu.machine import Machine

Inventory = dict[str, Any]
"""What -> how much of it, or which ones."""
_IN_LOG: Final = frozenset(module.__name__ for module in (events, event_log, address))
"""Modules whose objects the log of events keeps by the thousand, to pack them when they are many."""
_CACHED: Final = frozenset(module.__name__ for module in (operands, registers, legitimate, exits, host_folder))
"""Those of decoded instructions and what they may reach, which are cached up to a number; of the last exit; of what the
host folder has answered, once and for all."""


def held(running: Machine) -> Inventory:
    """Everything that is handed out: by the host, by DOS and its drivers, and the contexts that are left."""
    host, dos, xms = running.state.host, running.state.dos, running.state.xms
    return {
        "clients": [each.number for each in host.clients],
        "current": host.client.number if host.client is not None else None,
        "levels": len(host.levels),
        "ring-0 stack": host.ring0_esp,
        "real-mode stack": host.real_pointer,
        "descriptors": [sorted(each.ldt.entries) for each in host.clients],
        "callbacks": [sorted(each.callbacks) for each in host.clients],
        "vectors": [list(each.vectors) for each in host.clients],
        "locked stacks": [each.locked_depth for each in host.clients],
        "locks": [dict(each.blocks.locks) for each in host.clients],
        "memory": [(block.linear, block.size) for block in host.arena.blocks],
        "frames": host.arena.frames.free,
        "shared memory": len(host.shared.handles),
        "watchpoints": [each.watchpoints for each in host.clients],
        "providers": [each.number for each in host.providers],
        "DOS memory": [astuple(block) for block in dos.blocks],
        "program": dos.current_psp,
        "files": sum(entry is not None for entry in dos.handles.entries),
        "handles": dos.handles.table(dos.current_psp),
        "XMS blocks": len(xms.blocks),
    }


def kept(running: Machine) -> Counter[str]:
    """What this process keeps for the machine beside its log of events and caches: none of it may grow with time.

    How many objects there are of each class of ours, the engine's hooks, marks on stacks; state: bytes a checkpoint
    takes beside memory and log.
    """
    gc.collect()
    found = Counter(
        f"{module}.{kind.__qualname__}"
        for kind in map(type, gc.get_objects())
        if (module := str(kind.__module__)).startswith("app.") and module not in _IN_LOG | _CACHED
    )
    found["state"] = len(running.pickled(running.state).pickled)
    found["engine's hooks"] = len(running.cpu._engine.uc._callbacks)
    found["marks"] = len(running.state.host.marks)
    return found


def resident() -> int:
    """Bytes of memory this process has now; 0 where the system does not say."""
    if not sys.platform.startswith("linux"):
        return 0
    pages = Path("/proc/self/statm").read_text().split()[1]
    return int(pages) << 12


def differences(before: Inventory, after: Inventory) -> Inventory:
    """What is not the same in two inventories: before and after."""
    return {name: (before[name], after[name]) for name in before if before[name] != after[name]}
