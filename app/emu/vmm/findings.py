"""What drivers do wrong without being stopped for it at once: told as findings (VMM 8, whose numbers stand here).

Faults that end the VM are findings too; they are found where they happen (`Vmm.fail`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.emu.address import Far
from app.emu.disassembly import LONGEST, Instruction, decode
from app.emu.memory import layout
from app.emu.memory.layout import CONVENTIONAL_END
from app.emu.registers import STATUS, Flag
from app.emu.vmm.breaks import ARPL, V86Breakpoint, VxdCallback
from app.emu.vmm.client_registers import DWORDS, SIZE
from app.emu.vmm.faults import Fault, VmmFaultDone
from app.emu.vmm.levels import Call, Ring0Level

if TYPE_CHECKING:
    from app.emu.host.client import Client
    from app.emu.registers import Registers
    from app.emu.vmm.core import Vmm
    from app.emu.vmm.device import Device

_EIP: Final = DWORDS["eip"]
_EFLAGS: Final = DWORDS["eflags"]
_NOWHERE: Final = 0xFFFF
_PROTECTION: Final = 13
_SECOND: Final = 2
"""The same callback again is told once, at the second."""
_ASYNCHRONOUS: Final = frozenset((*range(0x01, 0x07), *range(0x0E, 0x16), 0x3F, 0x40, 0xCF, 0xD0, 0xF1, 0x108))
"""Services that may be called at any time: handles, events, times (VMM 8, 30)."""


# Breakpoints


def _instruction(vmm: Vmm, found: V86Breakpoint, skip: int) -> Instruction | None:
    """An instruction of the patched code as it was, so many bytes behind the breakpoint."""
    behind = found.linear + 1
    code = bytes((found.original,)) + vmm.machine.memory.read(behind, min(2 * LONGEST, CONVENTIONAL_END - behind))
    return decode(code[skip:], found.offset + skip, wide=False)


def breakpoint_installed(vmm: Vmm, found: V86Breakpoint) -> None:
    """16: the byte is a breakpoint of somebody else's already."""
    if found.original == ARPL:
        text = f"the byte at {found.address} is patched already: the breakpoints have to be removed in reverse order"
        vmm.find("patched_twice", "warning", text)


def breakpoint_done(vmm: Vmm, found: V86Breakpoint, level: Ring0Level) -> None:
    """1 to 3: where the handler has left Client_IP. It is back in V86 mode and in the segment."""
    client = level.client_registers(vmm.machine.memory)
    skipped = (client.get("eip") & 0xFFFF) - found.offset
    own, refs = _instruction(vmm, found, 0), (found.made, vmm.last_event)
    if not skipped:
        text = f"the handler of the V86 breakpoint at {found.address} has not moved Client_IP: it is hit again at once"
        vmm.find("breakpoint_not_advanced", "error", text, at=found.address, refs=refs)
    elif own is None or not 0 < skipped < LONGEST:
        return
    elif skipped not in _ends(vmm, found):
        text = (
            f"the handler of the V86 breakpoint at {found.address} has moved Client_IP by {skipped}, into the middle "
            f"of an instruction: the patched one, {own.mnemonic} {own.operands}, has {own.size} bytes"
        )
        vmm.find("breakpoint_length", "error", text, at=found.address, refs=refs)
    elif skipped == own.size and _changes_registers(own) and _is_untouched(vmm, level):
        text = (
            f"the instruction under the V86 breakpoint at {found.address} was skipped and not emulated: "
            f"{own.mnemonic} {own.operands} never ran"
        )
        vmm.find("breakpoint_not_emulated", "warning", text, at=found.address, refs=refs)


def _ends(vmm: Vmm, found: V86Breakpoint) -> list[int]:
    """Where the patched instruction and those behind it end, in bytes from the breakpoint."""
    ends, at = [], 0
    while at < LONGEST and (instruction := _instruction(vmm, found, at)) is not None:
        at += instruction.size
        ends.append(at)
    return ends


def _changes_registers(instruction: Instruction) -> bool:
    target = instruction.operands.partition(",")[0]
    return instruction.mnemonic != "nop" and bool(target) and "[" not in target


def _is_untouched(vmm: Vmm, level: Ring0Level) -> bool:
    """Are all client registers but EIP what they were?"""
    now = vmm.machine.memory.read(level.frame, SIZE)
    return now[:_EIP] == level.at_entry[:_EIP] and now[_EIP + 4 :] == level.at_entry[_EIP + 4 :]


def same_byte(vmm: Vmm) -> None:
    """15: V86 code runs into a breakpoint under another CS:IP than it was installed with."""
    regs = vmm.machine.regs
    here = Far(regs.cs.selector, regs.eip & 0xFFFF)
    found = (each for each in vmm.breaks.breakpoints.values() if each.linear == regs.code_linear)
    for each in found:
        text = (
            f"the V86 breakpoint at {each.address} was reached as {here}: only the address it was installed with counts"
        )
        vmm.find("breakpoint_alias", "error", text, at=here, refs=(each.made,))


def breakpoints_left(vmm: Vmm) -> None:
    """17: drivers have had System_Exit, and there are breakpoints."""
    for each in vmm.breaks.breakpoints.values():
        text = f"the V86 breakpoint at {each.address} is still there after System_Exit"
        vmm.find("breakpoint_left", "warning", text, at=each.address, refs=(each.made,))


# Callbacks and the pool


def callback_allocated(vmm: Vmm, made: VxdCallback) -> None:
    """4: there was one for the same procedure and reference data before."""
    callbacks = (each for each in vmm.breaks.targets.values() if isinstance(each, VxdCallback))
    same = [each.made for each in callbacks if _leads_to(each) == _leads_to(made)]
    if len(same) == _SECOND:
        text = (
            f"a second callback was allocated for the procedure at {made.procedure:08X}: callbacks are never freed, "
            "keep the address of the first"
        )
        vmm.find("callback_again", "warning", text, refs=tuple(same))


def _leads_to(each: VxdCallback) -> tuple[bool, int, int, Device | None]:
    return each.in_pm, each.procedure, each.reference, each.api


def pool_is_empty(vmm: Vmm) -> None:
    """5: remember which call has got no address."""
    vmm.breaks.refused = vmm.last_event


def fault_in_ring3(vmm: Vmm, fault: Fault) -> None:
    """5: the address that says "none left" was called."""
    regs, refused = vmm.machine.regs, vmm.breaks.refused
    if refused is None or fault.vector != _PROTECTION:
        return
    in_v86 = regs.is_v86 and regs.cs.selector == _NOWHERE
    if in_v86 or (not regs.is_v86 and fault.error_code >> 3 == _NOWHERE >> 3):
        text = "FFFF:FFFF was called, which a driver was given when the pool was empty: CF=1 was not tested"
        vmm.find("pool_not_tested", "error", text, refs=(refused,))


def callback_done(vmm: Vmm, target: VxdCallback, level: Ring0Level, *, by_interrupt: bool) -> None:
    """7, 9: who has done the far return."""
    client = level.client_registers(vmm.machine.memory)
    here = vmm.breaks.address(target)
    managers = target.api is not None or not (vmm.classic or by_interrupt)
    if level.far_returns > 0 and managers:
        text = f"the procedure of the callback {here} called Simulate_Far_Ret, which the manager had done already"
        vmm.find("far_return_twice", "error", text, at=here, refs=(target.made,))
    elif level.far_returns > 0 and by_interrupt:
        text = f"the callback {here} was reached by an interrupt and returned by Simulate_Far_Ret, not Simulate_Iret"
        vmm.find("far_return_of_interrupt", "error", text, at=here, refs=(target.made,))
    elif not managers and (client.get("cs"), client.get("eip")) == here[:2]:
        text = f"the procedure of the callback {here} has left Client_CS:EIP there: it is reached again at once"
        vmm.find("no_far_return", "error", text, at=here, refs=(target.made,))


# Procedures and services


def procedure_done(vmm: Vmm, call: Call, regs: Registers) -> None:
    """13: what a procedure has to keep. regs: what it left."""
    changed = [
        name
        for name, wrong in (
            ("EBP", regs.ebp != call.ebp),
            ("the direction flag", bool(regs.eflags & Flag.DF)),
            ("a segment register", any(getattr(regs, name).selector != layout.VXD_DATA for name in ("ds", "es", "ss"))),
        )
        if wrong
    ]
    if changed:
        vmm.find("not_preserved", "warning", f"a procedure of a driver has returned and changed {', '.join(changed)}")


def returns_after_frame(vmm: Vmm, level: Ring0Level) -> None:
    """26: Call_When_VM_Returns behind the frame it should have come before."""
    if level.frames > 0:
        text = (
            "Call_When_VM_Returns was called after a frame was simulated: it calls when the VM is back where it is now"
        )
        vmm.find("returns_after_frame", "warning", text)


def flags_lost(vmm: Vmm, level: Ring0Level) -> None:
    """10: Simulate_Iret takes the flags from the stack."""
    now = level.client_registers(vmm.machine.memory).get("eflags")
    before = int.from_bytes(level.at_entry[_EFLAGS : _EFLAGS + 4], "little")
    if (now ^ before) & STATUS:
        text = "Client_EFlags was changed before Simulate_Iret, which pops the flags: change them afterwards"
        vmm.find("flags_lost", "warning", text)


def application_ends(vmm: Vmm, client: Client) -> None:
    """27: drivers have not given an application's locked stack back."""
    levels = vmm.host.levels
    nests = sum(nest.locked for level in levels if isinstance(level, Ring0Level) for nest in level.nests)
    count = client.locked_depth - sum(each.on_locked for each in levels if each.owner is client) - nests
    if count > 0:
        text = f"the application ends with Begin_Use_Locked_PM_Stack called {count} more times than its counterpart"
        vmm.find("locked_stack_kept", "warning", text)


def service_called(vmm: Vmm, level: Ring0Level, ordinal: int, name: str) -> None:
    """30: only asynchronous services in the handler of a fault in ring 0."""
    if any(isinstance(call.then, VmmFaultDone) for call in level.calls) and ordinal not in _ASYNCHRONOUS:
        text = f"{name} was called in the handler of a fault in ring 0, and is no asynchronous service"
        vmm.find("not_asynchronous", "warning", text)
