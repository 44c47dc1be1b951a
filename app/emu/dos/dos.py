"""DOS as the machine sees it: set up, loading the first program, and one method per interrupt that enters DOS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.emu import events, services
from app.emu.address import Far
from app.emu.dos import (
    data_area,
    far_memory,
    int21_console,
    int21_directories,
    int21_files,
    int21_long_names,
    int21_memory,
    int21_processes,
    int21_search,
    int21_system,
    loader,
    process,
    redirection,
)
from app.emu.dos.console import ControlC
from app.emu.dos.failures import DosFailed, InsufficientMemory, InvalidFunction
from app.emu.dos.kernel import Kernel
from app.emu.dos.process import Start
from app.emu.dos.redirection import NONE, Redirection
from app.emu.dos.swappable_area import LastError
from app.emu.dos.table import INT21, ControlPassed
from app.emu.machine_errors import LoadError, NotYet
from app.emu.registers import STATUS, Flag, Registers, Segment
from app.emu.rom import After, RealTrap
from app.emu.services import Service, hand_back

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.emu.registers import View

SERVICES: Final = (
    int21_console,
    int21_directories,
    int21_files,
    int21_long_names,
    int21_memory,
    int21_processes,
    int21_search,
    int21_system,
)
"""The modules whose functions are the rows of INT21."""
_LAST_FUNCTION: Final = 0x6C
_FIRST_WITH_CARRY: Final = 0x38
"""Older functions leave the caller's carry flag alone."""
_ON_CALLERS_STACK: Final = frozenset({0x33, 0x50, 0x51, 0x62, 0x64})
"""Functions DOS performs without touching the PSP or switching stacks."""
_LONG_NAMES: Final = 0x71
_BY_AX: Final = frozenset({_LONG_NAMES, 0x73})
"""Functions that are whole families, numbered by AX."""
_TAIL_LIMIT: Final = 126
_FCB_FUNCTIONS: Final = frozenset({*range(0x0F, 0x18), *range(0x21, 0x25), 0x27, 0x28})
"""File control blocks, the way of DOS 1: not here, each call fails as for a missing file."""
_OTHER_QUESTIONS: Final = frozenset({0x160A, 0x4A10, 0x4A11})
"""INT 2Fh: is there Windows, a disk cache, DoubleSpace?"""
_IRET: Final = b"\xcf"
_RETF: Final = b"\xcb"
_STI: Final = b"\xfb"


class Dos(Kernel):
    """DOS 5.0. Attribute `dos` of the machine's state."""

    int21_entry = Far(0, 0)
    """The trap of INT 21h itself, behind the STI."""
    break_return = Far(0, 0)
    """Where INT 23h handlers return to."""

    def install(self) -> None:
        """Write DOS's own data, an empty memory chain and the interrupt vectors."""
        rom = self.machine.rom
        case_map = rom.trap(RealTrap("DOS_CASE_MAP", "dos", "case_map", After.CONTINUE))
        rom.code(_RETF)
        data_area.write(self.memory, case_map)
        self.area.create()
        self.blocks.create()

        def own(name: str, method: str) -> RealTrap:
            return RealTrap(name, "dos", method, After.NOTHING)

        sti = rom.code(_STI)
        self.int21_entry = rom.trap(own("DOS_INT21", "int21"))
        rom.interrupt(0x21, sti)
        rom.service(0x20, own("DOS_INT20", "int20"))
        rom.service(0x27, own("DOS_INT27", "int27"))
        self.end_of_run = rom.service(0x22, own("DOS_PROGRAM_ENDED", "run_over"))
        rom.service(0x23, own("DOS_CTRL_C", "ctrl_c"))
        self.break_return = rom.trap(own("DOS_CTRL_C_RETURNED", "ctrl_c_returned"))
        for vector, name, method in (
            (0x1B, "DOS_CTRL_BREAK", "ctrl_break"),
            (0x24, "DOS_CRITICAL_ERROR", "critical_error"),
            (0x29, "DOS_FAST_PUTCHAR", "fast_putchar"),
            (0x2E, "DOS_COMMAND", "run_command"),
            (0x2F, "DOS_MULTIPLEX", "multiplex"),
        ):
            rom.service(vector, RealTrap(name, "dos", method, After.IRET))
        for vector in (0x25, 0x26):
            rom.service(vector, RealTrap(f"DOS_ABSOLUTE_{vector:02X}", "dos", "absolute_disk", After.CONTINUE, vector))
            rom.code(_RETF)  # leaves the flags on the caller's stack, as these two do
        nothing = rom.code(_IRET)
        for vector in (0x28, 0x2A):
            rom.interrupt(vector, nothing)

    def load_program(self, guest_path: str, arguments: str, environment: Mapping[str, str]) -> None:
        """Load the first program and set the registers it starts with.

        arguments is the command tail as typed behind the program's name. Raises `LoadError`, with a message to show.
        """
        self.load_afterwards(guest_path, arguments, environment)
        self.load_next()

    def load_afterwards(
        self, guest_path: str, arguments: str, environment: Mapping[str, str], redirected: Redirection = NONE
    ) -> None:
        """Have a program loaded when those before it have ended or stay resident, as a batch file does it."""
        start = Start(_command_tail(arguments), process.environment_block(dict(environment)))
        self.following.append((guest_path, start, redirected))

    def load_next(self) -> bool:
        """Load the program that is to follow and set the registers it starts with; False: there is none."""
        if not self.following:
            return False
        guest_path, start, redirected = self.following.pop(0)
        where = f"{guest_path} (drive C: is {self.mount.folder.path})"
        try:
            path = self.mount.true_name(guest_path)
            file = self.mount.file(guest_path)
            data = file.read(0, file.size)
            program = self.machine.state.vmm.win32_program(data, path) or loader.program(data, path)
            placed = process.load(self, program, path, start, None)
        except InsufficientMemory as failure:
            raise LoadError(f"{where}: does not fit into {failure.largest * 16 // 1024} KiB of free memory") from None
        except DosFailed as failure:
            raise LoadError(f"{where}: {failure.__doc__}") from None
        process.enter(self, placed)
        redirection.apply(self, redirected)
        return True

    # -- INT 21h

    def int21(self) -> None:
        """INT 21h: find the row of AH, call it, return to the caller as IRET does."""
        regs = self.regs
        call = Far(regs.ss.selector, regs.esp & 0xFFFF)
        row = INT21.find(_number(regs))
        if self.current_psp and regs.ah not in _ON_CALLERS_STACK:
            process.save_frame(self)
        if row is None:
            self._unknown_function()
            return
        if self.waiting != call:
            self._report_call(row)
        try:
            if self.area.checks_break and regs.ah > 0x0C and regs.ah not in _ON_CALLERS_STACK:
                self.con.check_break()
            self._perform(row)
        except NotYet:
            self.waiting = call
            self.area.in_dos = 1
            raise
        except ControlC:
            self.broken, self.flushed = call, False
            regs.cs, regs.eip = Segment.real(self.break_return.segment), self.break_return.offset
            self.machine.interrupt_real(0x23)
        except ControlPassed:
            pass
        else:
            self._interrupt_return()
        self.waiting = None
        self.area.in_dos = 0

    def _perform(self, row: Service) -> None:
        """Call a row's function and put what it gives, or its failure, into the registers."""
        regs = self.regs
        if row.handler is None:
            raise TypeError(f"INT 21h AH={row.number:02X}h has no handler")
        carry = bool(regs.eflags & Flag.CF)
        error: int | None = None
        try:
            result = row.handler(self, **services.arguments(row, regs, wide=False))
        except DosFailed as failure:
            regs.ax = error = failure.code
            self.area.last_error = LastError.of(failure.code)
            regs.set_flag(Flag.CF, on=True)
            if isinstance(failure, InsufficientMemory) and row.number in {0x48, 0x4A}:
                regs.set_low("bx", failure.largest)
        else:
            hand_back(row, regs, result, wide=False)
            if row.number < _FIRST_WITH_CARRY:
                regs.set_flag(Flag.CF, on=carry)
        self.emit(
            events.ServiceReturned, interrupt=0x21, function=row.number, carry=bool(regs.eflags & Flag.CF),
            error=error, registers={} if error is not None else _shown(row.gives, regs),
        )  # fmt: skip

    def _report_call(self, row: Service) -> None:
        self.emit(
            events.ServiceCalled, interrupt=0x21, function=row.number, name=row.name,
            registers=_shown(row.takes, self.regs),
        )  # fmt: skip

    def _unknown_function(self) -> None:
        """A number without a row: AL=0 beyond the last function, AL=FFh for FCBs, else `invalid function`."""
        regs = self.regs
        self._unsupported(0x21, _number(regs))
        if regs.ah == _LONG_NAMES:
            regs.al = 0
            regs.set_flag(Flag.CF, on=True)
        elif regs.ah > _LAST_FUNCTION:
            regs.al = 0
        elif regs.ah in _FCB_FUNCTIONS:
            regs.al = 0xFF
        else:
            regs.ax = InvalidFunction.code
            self.area.last_error = LastError.of(InvalidFunction.code)
            regs.set_flag(Flag.CF, on=True)
        self._interrupt_return()

    def _interrupt_return(self) -> None:
        """IRET in V86 mode: IP, CS and FLAGS from the stack, the arithmetic flags from the service."""
        regs = self.regs
        frame = far_memory.read(self.memory, (regs.ss.selector, regs.esp & 0xFFFF), 6)
        ip, cs, flags = (int.from_bytes(frame[at : at + 2], "little") for at in (0, 2, 4))
        regs.esp = regs.esp & 0xFFFF0000 | regs.esp + 6 & 0xFFFF
        regs.cs, regs.eip = Segment.real(cs), ip
        flags = flags & ~int(STATUS | Flag.IOPL) | regs.eflags & int(STATUS | Flag.IOPL)
        regs.eflags = regs.eflags & 0xFFFF0000 & ~Flag.RF | flags | 2

    # -- Ctrl-C

    def ctrl_c(self) -> None:
        """INT 23h without a handler of the program's own: the program ends."""
        process.terminate(self, 0, process.CTRL_C, "Ctrl-C")

    def ctrl_c_returned(self) -> None:
        """A program's INT 23h handler came back.

        By IRET: the interrupted function starts again. By RETF, the flags left on the stack: CF set ends the program,
        CF clear goes on (MS-DOS Programmer's Reference, INT 23h).
        """
        regs = self.regs
        if self.broken is None:
            self.machine.weeds("returned from a Ctrl-C handler although none was active")
            return
        call, self.broken = self.broken, None
        by_retf = regs.esp & 0xFFFF == call.offset - 2 & 0xFFFF
        if by_retf and regs.eflags & Flag.CF:
            self.ctrl_c()
            return
        regs.ss, regs.esp = Segment.real(call.segment), call.offset
        regs.cs, regs.eip = Segment.real(self.int21_entry.segment), self.int21_entry.offset

    def ctrl_break(self) -> None:
        """INT 1Bh: the next function that checks finds Ctrl-C."""
        self.con.break_pressed = True

    # -- the neighbours of INT 21h

    def int20(self) -> None:
        """INT 20h: end the program with code 0."""
        process.terminate(self, 0, process.EXIT)

    def int27(self) -> None:
        """INT 27h: end the program and keep the first DX bytes from its PSP on."""
        int21_processes.stay_resident(self, 0, (self.regs.low("dx") + 15) // 16)

    def run_over(self) -> None:
        """Somebody jumped where the first program returns to: the run ends with the last return code."""
        self.machine.end(self.area.return_code & 0xFF, process.HOW[process.EXIT], "")

    def end_program(self, code: int, message: str) -> None:
        """The host ends the current program: its parent goes on, or the run is over."""
        process.terminate(self, code, process.CRITICAL_ERROR, message)

    def end_now(self, code: int, how: int, message: str) -> None:
        """The host has done its part of a program's end: do DOS's."""
        process.terminate(self, code, how, message)

    def release_resident(self, psp: int) -> None:
        """Give back what a program has kept when it stayed resident: memory and handles."""
        self.handles.close_all(psp)
        self.blocks.free_all(psp)

    def end_descendants(self, psp: int, code: int) -> None:
        """End all programs a program has started, directly or not, that still run."""
        process.end_descendants(self, psp, code)

    def critical_error(self) -> None:
        """INT 24h without a handler of the program's own: fail the call."""
        self.regs.al = 3

    def fast_putchar(self) -> None:
        """INT 29h: AL to the screen."""
        self.con.show(self.regs.al)

    def run_command(self) -> None:
        """INT 2Eh: there is no command interpreter."""
        self._unsupported(0x2E, self.regs.ah)
        self.regs.ax = 0xFFFF

    def absolute_disk(self, vector: int) -> None:
        """INT 25h and 26h: drive C: has no sectors; error 02h (address mark not found), AH=80h (no response)."""
        self._unsupported(vector, 0)
        self.regs.ax = 0x8002
        self.regs.set_flag(Flag.CF, on=True)

    def _unsupported(self, interrupt: int, function: int) -> None:
        """Tell of a call nobody serves."""
        self.emit(events.UnsupportedCalled, interrupt=interrupt, function=function, at=self.machine.caller())

    def multiplex(self) -> None:
        """INT 2Fh: the host (16xxh), the XMS driver (43xxh), high memory (nothing free).

        Nobody else is installed: whoever asks for that (AL=0 and the like) finds AL unchanged.
        """
        regs, state = self.regs, self.machine.state
        if (regs.ah == 0x16 and state.host.multiplex()) or (regs.ah == 0x43 and state.xms.multiplex()):
            return
        if regs.ax in {0x4A01, 0x4A02}:
            regs.set_low("bx", 0)
            regs.es = Segment.real(0xFFFF)
            regs.set_low("di", 0xFFFF)
        elif regs.al and regs.ax not in _OTHER_QUESTIONS:
            self._unsupported(0x2F, regs.ax)

    def case_map(self) -> None:
        """The routine of the country information: AL in upper case."""
        self.regs.al = data_area.upper_byte(self.regs.al)


def _number(regs: Registers) -> int:
    """What the table knows the called function by."""
    return regs.ax if regs.ah in _BY_AX else regs.ah


def _command_tail(tail: str) -> bytes:
    """The tail as it stands in the PSP: a blank before the first argument."""
    try:
        text = tail.encode("cp437")
    except UnicodeEncodeError as error:
        raise LoadError(f"the arguments hold a character DOS does not have: {tail[error.start]!r}") from error
    if text and not text.startswith((b" ", b"\t")):
        text = b" " + text
    if len(text) > _TAIL_LIMIT:
        raise LoadError(f"the arguments are too long: DOS takes {_TAIL_LIMIT} characters, these are {len(text)}")
    return text


def _shown(views: dict[str, View], regs: Registers) -> dict[str, int | str]:
    """Registers of a service's list for the trace; pointers as far addresses."""
    values = services.shown(views, regs, wide=False)
    return {name.replace("(E)", ""): value for name, value in values.items()}
