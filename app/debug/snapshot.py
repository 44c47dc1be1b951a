"""What the window draws: one immutable picture of the machine at rest (or between two slices of a run).

Panes never touch the machine. They keep the snapshot they drew last and compare the next one with it. All addresses
called linear are 32-bit linear addresses; sizes are bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Flag, StrEnum, auto

from app.debug.memory_map import NO_MAP, MemoryMap
from app.emu.address import Far
from app.emu.bios.screen import Screen
from app.emu.descriptor import Descriptor
from app.emu.event_log import SavedLog
from app.emu.events import Event, Stack
from app.emu.machine import Place
from app.emu.real_mode_call import RealModeCall
from app.emu.registers import Mode, Registers


class Stop(Flag):
    """Reasons the machine came to rest; several can hold at once."""

    STEPPED = auto()
    BREAKPOINT = auto()
    REACHED = auto()
    MODE_SWITCH = auto()
    CALLBACK = auto()
    EVENT = auto()
    RETURNED = auto()
    PAUSED = auto()
    LIMIT = auto()
    PROGRAM_ENDED = auto()
    STACK_SWITCH = auto()
    WATCHPOINT = auto()
    """An instruction, or the host for it, has used something that is watched."""
    FOUND = auto()
    """A search for a use of something (`LastUse`, `NextUse`) ended at it …"""
    NOT_FOUND = auto()
    """… or there is none, and the machine is where it was."""
    EDITED = auto()
    """What was found is a change the user made himself."""


class Status(StrEnum):
    """What the session is doing."""

    STOPPED = "stopped"
    RUNNING = "running"
    WAITING = "waiting"
    """The guest waits for a key."""
    ENDED = "ended"
    SEARCHING = "searching"
    """Something is searched for in the past or future: the machine is anywhere, the panes show where it was asked."""


@dataclass(frozen=True, slots=True)
class CodeLine:
    """One disassembled instruction (or one undecodable byte, mnemonic `db`)."""

    linear: int
    address: Far
    data: bytes
    mnemonic: str
    operands: str
    note: str
    """`host!RETURN_FROM_CALLBACK`, a symbol, the meaning of an INT 31h about to be called, or empty."""
    target: int | None
    """Linear address a jump or call goes to, where it is fixed."""
    is_jump: bool
    is_current: bool


@dataclass(frozen=True, slots=True)
class StackSlot:
    """One word or dword of a stack."""

    address: Far
    linear: int
    value: int
    width: int
    """Bytes: 2 or 4."""
    meaning: str
    """`IP`, `CS`, `FLAGS`, `saved ESP`, `return address 1234:0100`, or empty."""
    frame: int | None
    """Index into `StackView.frames`, None for what the program pushed itself."""
    points_to: int | None
    """Linear address this slot is a saved stack pointer to (the link drawn from the ring-0 stack), or None."""


@dataclass(frozen=True, slots=True)
class StackFrame:
    """A block somebody pushed as one thing. low and high: linear extent, high exclusive."""

    label: str
    """`interrupt frame`, `callback entry`, `saved client registers`, `far call` …"""
    pushed_by: str
    """`host (real-mode callback, slot 0)`, `client`, `INT 21h` …"""
    low: int
    high: int
    level: int
    """Nesting level of the host the frame belongs to, 0 is the outermost."""


@dataclass(frozen=True, slots=True)
class StackView:
    """One of the four stacks. Slots run upwards from the live pointer (lowest address first)."""

    stack: Stack
    exists: bool
    in_use: bool
    """The processor pushes here now."""
    low: int
    high: int
    """Linear extent, high exclusive; for the application stack as far as its segment reaches."""
    pointer: Far
    """SS:(E)SP, live or as it was when the stack was left."""
    pointer_linear: int
    depth: int
    """Bytes in use: high - pointer_linear."""
    nesting: int
    """How many events lie on it (locked stack: the in-use counter; ring 0: frames)."""
    frames: tuple[StackFrame, ...]
    slots: tuple[StackSlot, ...]
    is_hosts: bool = True
    """It is the host's own, not one a program has brought along."""


@dataclass(frozen=True, slots=True)
class DescriptorRow:
    """One entry of the GDT, LDT or IDT. handler is set for IDT entries only."""

    table: str
    index: int
    selector: int
    descriptor: Descriptor
    raw: bytes
    owner: str
    """Who allocated it: `client 1: INT 31h AX=0000h`, `host: locked stack` …"""
    held_by: tuple[str, ...]
    """Segment registers that hold it now: `ds`, `ss` …"""
    handler: Far | None = None


@dataclass(frozen=True, slots=True)
class CallbackRow:
    """A real-mode callback registration."""

    client: int
    slot: int
    real: Far
    handler: Far
    handler_linear: int
    structure: Far
    structure_linear: int
    depth: int
    """Dispatches in progress."""
    hits: int
    last_caller: Far | None
    call: RealModeCall
    """The structure as it is in memory now."""
    at_entry: RealModeCall | None
    """What the host wrote there at the last dispatch: the difference is what the handler changed."""


@dataclass(frozen=True, slots=True)
class VectorRow:
    """An interrupt or exception vector. table: real, protected or exception."""

    table: str
    vector: int
    handler: Far
    name: str
    """What the vector is for: `divide error`, `timer (IRQ 0)`, `DPMI` …"""
    owner: str
    """`host default`, `BIOS`, `DOS`, `client`, `callback 0` …"""
    is_default: bool
    linear: int
    """Linear address of the handler."""


@dataclass(frozen=True, slots=True)
class MemoryView:
    """Bytes for the memory pane, from `start` (offset in the chosen space) on."""

    title: str
    """`linear`, `1234 (segment)`, `0087 (selector, limit 0000FFFF)`."""
    start: int
    linear: int
    data: bytes
    state: bytes
    """One value per byte: 0 readable, 1 past the segment's limit, 2 page absent."""


@dataclass(frozen=True, slots=True)
class BreakpointRow:
    """Something that stops a run, forwards and backwards.

    kind: `code` (an instruction is next), `write` or `read` (a watchpoint: an instruction has used something), `event`
    (an event of a kind has happened). linear is None for kinds that have no address.
    """

    number: int
    kind: str
    linear: int | None
    label: str
    """`00B7:00000427`, `ESI in the structure of slot 0`, `mode_switched`."""
    enabled: bool
    hits: int


@dataclass(frozen=True, slots=True)
class BranchRow:
    """One way the run went. Texts are positions as they can be typed."""

    number: int
    parent: int | None
    """The branch it left; None for the first."""
    fork: str
    """Where it left that branch: `tick 109`; empty for the first."""
    end: str
    """The furthest place seen: `tick 1456`."""
    changes: tuple[str, ...]
    """What was changed from outside in it, in words: `tick 109: EAX := 00000007`, `tick 20: typed "dir"`."""
    checkpoints: int
    is_shown: bool


@dataclass(frozen=True, slots=True)
class HistoryView:
    """What going back costs. size and budget in bytes: those of all checkpoints, and the most they may take."""

    size: int = 0
    budget: int = 0
    checkpoints: int = 0
    dropped: int = 0
    """Checkpoints dropped so far to stay within the budget: places near them are still reached, but more slowly."""


class Part(StrEnum):
    """What two positions are compared by."""

    REGISTERS = "registers"
    STACKS = "stacks"
    DESCRIPTORS = "descriptors"
    CALLBACKS = "callbacks"
    VECTORS = "vectors"
    MEMORY = "memory"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not the same at the pinned position and now. Values are texts, as the panes write them."""

    part: Part
    what: str
    """`EAX`, `locked 0087:00000FF4, EIP`, `descriptor 00B7`, `00110000, 12 bytes`."""
    then: str
    now: str
    """Empty on the side on which it does not exist."""
    linear: int | None
    """Where it can be looked at; None for registers and the like."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The pinned position beside the present. pinned: its position as it can be typed; tick: where that was."""

    pinned: str
    tick: int
    branch: int
    differences: tuple[Difference, ...]
    left_out: int = 0
    """Further ranges of memory that differ, beyond those listed."""


@dataclass(frozen=True, slots=True)
class RecordingView:
    """The file a session is recorded into, or was opened from. size: bytes written so far, or of the file opened."""

    file: str
    size: int
    is_writing: bool
    note: str
    """What the user is to know: a missing end, a replay that differs, a full disk; else empty."""
    bookmarks: tuple[tuple[str, str], ...] = ()
    """Position and note, as they stand in it."""


@dataclass(frozen=True, slots=True)
class ProcedureRow:
    """What a resident service provider runs for clients of one width (INT 31h AX=0C00h)."""

    provider: int
    """Its number in order of installation."""
    owner: int
    """The client that installed it."""
    bits: int
    data: Descriptor
    code: Descriptor
    offset: int
    linear: int
    """Linear address of the procedure."""
    is_resident: bool
    """Its client has ended by INT 31h AX=0C01h."""
    clients: int
    """Clients alive that the provider was told of, of both widths."""


@dataclass(frozen=True, slots=True)
class ToldRow:
    """A client that a provider was told of, with the selectors made for it in that client's table."""

    provider: int
    client: int
    bits: int
    handler: Far
    data: int
    linear: int
    has_ended: bool
    """It was told of its end, too."""
    in_progress: bool
    """The procedure runs."""


@dataclass(frozen=True, slots=True)
class ProvidersView:
    """Resident service providers: their procedures, and the clients they were told of (the last hundred each)."""

    procedures: tuple[ProcedureRow, ...] = ()
    told: tuple[ToldRow, ...] = ()


@dataclass(frozen=True, slots=True)
class BreakRow:
    """An address of ring 3 that leads to a driver.

    kind: `V86 callback`, `PM callback`, `V86 API`, `PM API`, `VM returns` or `V86 breakpoint`; procedure: linear.
    """

    kind: str
    address: Far
    procedure: int
    driver: str
    reference: int
    hits: int
    depth: int
    """Calls of the procedure in progress."""
    advanced: bool | None
    """Of a breakpoint: did its handler move the client's IP the last time?"""


@dataclass(frozen=True, slots=True)
class DriverRow:
    """A loaded driver, as its device description block says. number: device id, 0 for none; addresses are linear."""

    name: str
    number: int
    file: str
    init_order: int
    ddb: int
    control: int
    """Its control procedure."""
    v86_api: int
    pm_api: int
    """Its API procedures; 0 for none."""
    is_dropped: bool
    """It has refused to be initialised and takes no part any more."""


@dataclass(frozen=True, slots=True)
class ClientFieldRow:
    """One field of the client register structure. digits: hexadecimal digits of it."""

    name: str
    linear: int
    before: int
    """As the first driver found it."""
    now: int
    alternate: int | None
    """The same in the alternate set; None for what both modes share."""
    digits: int


@dataclass(frozen=True, slots=True)
class DriversView:
    """The Virtual Machine Manager: drivers, addresses that lead to them, client registers while ring 0 is entered.

    used, size: of the pool of callbacks and breakpoints; mode: whose registers the fields are.
    """

    drivers: tuple[DriverRow, ...] = ()
    used: int = 0
    size: int = 0
    breaks: tuple[BreakRow, ...] = ()
    mode: Mode = Mode.V86
    fields: tuple[ClientFieldRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Interest:
    """What the open panes want to see; the session fills only that. Immutable, replaced as a whole."""

    code_start: int | None = None
    """Linear address the code pane starts at, None to follow CS:(E)IP."""
    code_lines: int = 48
    memory_space: str = "linear"
    """`linear`, `seg:SSSS` (V86 segment) or `sel:SSSS` (selector)."""
    memory_start: int = 0
    memory_size: int = 512
    stack_slots: int = 96
    """Slots per stack."""
    tables: bool = True
    vectors: bool = True
    events_from: int = 0
    """First event the window does not have yet; the snapshot carries the events from here on."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The whole picture."""

    serial: int
    status: Status
    stop: Stop
    tick: int
    mode: Mode
    registers: Registers
    """Never changed by anybody who holds the snapshot."""
    previous: Registers
    """Registers at the stop before this one: what changed is different here."""
    live_stack: Stack
    locked_nesting: int
    callback_depth: int
    client: int
    client_kind: str
    """16-bit, 32-bit or Win32; empty before any client."""
    profile: str
    program: str
    sentence: str
    """What just happened, in one plain sentence."""
    code: tuple[CodeLine, ...]
    stacks: tuple[StackView, ...]
    """Application, locked, real, ring 0, in this order."""
    descriptors: tuple[DescriptorRow, ...]
    callbacks: tuple[CallbackRow, ...]
    vectors: tuple[VectorRow, ...]
    memory: MemoryView
    screen: Screen
    breakpoints: tuple[BreakpointRow, ...]
    events_from: int
    """First event that is new. It may be less than was asked for: another branch is shown, and what the window knows
    from there on is no longer true."""
    log: SavedLog
    """All events known of the branch, or as many of them as a picture carries; the future the machine came back from
    is among them."""
    exit_message: str
    """Why and how the program ended, when it has."""
    at_end: bool = True
    """Nothing after this moment is known; False: the run has been further already."""
    branch: int = 0
    """Number of the branch shown."""
    branches: tuple[BranchRow, ...] = ()
    history: HistoryView = HistoryView()
    comparison: Comparison | None = None
    """Set while a position is pinned and the machine rests."""
    progress: float = 0.0
    """How much of a search is done, 0 to 1, while `status` is SEARCHING."""
    can_go_back: bool = False
    """There is a jump `GoBack` can return from."""
    pointer_area: tuple[int, int] | None = None
    """Width and height of the screen in the mouse driver's coordinates; None: the program does not use the mouse."""
    happened: int = 0
    """Events before this moment: the next one will have this seq."""
    recording: RecordingView | None = None
    """Set while the session is recorded into a file, or was opened from one."""
    providers: ProvidersView = ProvidersView()
    drivers: DriversView = DriversView()
    memory_map: MemoryMap = NO_MAP
    turn: int = 0
    """Changes of context so far: several stops may lie at one tick."""

    @property
    def place(self) -> Place:
        """Which stop it is: the same for pictures of one stop only."""
        return Place(self.tick, self.turn)

    @property
    def events(self) -> tuple[Event, ...]:
        """The events that are new."""
        return tuple(event for event, _ in self.log[self.events_from :])
