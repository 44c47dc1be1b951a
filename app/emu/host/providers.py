"""Resident service providers: installing them, and calling them when clients of the virtual machine come and go.

Source: DPMI 1.0, INT 31h AX=0C00h, 0C01h, "Resident service providers"; reference section 8.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from app.emu import events
from app.emu.address import Far
from app.emu.events import Door, Reason
from app.emu.host import failures
from app.emu.host.client import Client, Vector
from app.emu.host.host import Host, Level, Sequel, Standing, null_segment
from app.emu.host.interrupts import jump
from app.emu.host.provider import Procedure, Provider, Told, parse
from app.emu.host.tables import Owner
from app.emu.host.traps import Trap
from app.emu.registers import Flag

MOST: Final = 16
"""Providers one virtual machine can have."""
_FRAME_FIELDS: Final = {False: ("return IP", "return CS"), True: ("return EIP", "return CS")}


def install(host: Host, structure: bytes) -> None:
    """Register a provider of the current client; it is told of the clients that enter from now on.

    Raises `InvalidValue`, `InvalidLinearAddress`, `CallbackUnavailable`.
    """
    procedures = parse(structure)
    if len(host.providers) == MOST:
        raise failures.CallbackUnavailable
    host.installed += 1
    provider = Provider(host.installed, host.current.number, procedures)
    host.providers.append(provider)
    for bits, procedure in procedures.items():
        _emit(host, events.ResidentProviderInstalled, provider, bits, _far(0, procedure, bits), None)


def remove(host: Host, provider: Provider) -> None:
    """Forget a provider and give back its memory."""
    host.providers.remove(provider)
    for client in host.clients:
        client.told = [told for told in client.told if told.provider is not provider]
    if not any(other.owner == provider.owner for other in host.providers):
        if provider.blocks is not None:
            provider.blocks.release()
        if provider.psp:
            host.machine.state.dos.release_resident(provider.psp)
    for bits, procedure in provider.procedures.items():
        handler = _far(0, procedure, bits)
        _emit(host, events.ResidentProviderRemoved, provider, bits, handler, Reason.CLIENT_TERMINATED)


def client_left(host: Host, client: Client, *, stays: bool, psp: int) -> None:
    """A client ends. stays: by 0C01h, so its providers and their extended memory stay; psp: what DOS keeps of it."""
    own = [provider for provider in host.providers if provider.owner == client.number]
    for provider in own:
        if stays:
            provider.blocks, provider.psp = client.blocks, psp
        else:
            remove(host, provider)
    if not (own and stays):
        client.blocks.release()


# Calls


@dataclass(frozen=True, slots=True)
class Loading:
    """A client has entered; the providers that are still to be told, in order of installation."""

    waiting: tuple[Provider, ...]

    def finish(self, host: Host, _level: Level) -> None:
        """Tell the next that is still there; after the last one the client runs."""
        _tell_next(host, tuple(provider for provider in self.waiting if provider in host.providers))


def client_entered(host: Host, client: Client) -> None:
    """Tell the providers that support its width of a client that stands in front of its first instruction."""
    _tell_next(host, tuple(provider for provider in host.providers if client.bits in provider.procedures))


def _tell_next(host: Host, waiting: tuple[Provider, ...]) -> None:
    if waiting:
        _tell_of_entry(host, waiting[0], Loading(waiting[1:]))


def _tell_of_entry(host: Host, provider: Provider, then: Sequel) -> None:
    client = host.current
    procedure = provider.procedures[client.bits]
    first = client.ldt.allocate(2, Owner.HOST, f"host: resident provider {provider.number}")
    client.ldt.write(first, procedure.code)
    client.ldt.write(first + 1, procedure.data)
    told = Told(provider, client.number, client.bits, client.ldt.selector(first), client.ldt.selector(first + 1))
    client.told.append(told)
    provider.told.append(told)
    _call(host, told, Reason.CLIENT_LOADED, then, host.standing())


def tell_of_end(host: Host, client: Client, then: Sequel, before: Standing) -> bool:
    """Call the last provider that was told of the current client and not yet of its end; False: there is none.

    before: where the guest stood.
    """
    if not client.told:
        return False
    told = client.told.pop()
    told.has_ended = True
    _call(host, told, Reason.CLIENT_TERMINATED, then, before)
    return True


def _call(host: Host, told: Told, reason: Reason, then: Sequel, before: Standing) -> None:
    """Far-call a provider's procedure for the current client, on its locked stack.

    AX=0 load, 1 terminate; BX the client's handle; DS the provider's data; ES, FS, GS null.
    """
    machine, client = host.machine, host.current
    regs = machine.regs
    level = host.leave(Door.RESIDENT_PROVIDER)
    level.told, level.on_return = told, then
    regs.eflags = regs.eflags & ~(Flag.VM | Flag.NT | Flag.TF | Flag.RF) | Flag.IOPL
    host.enter_locked(level, is_last=told.has_ended)
    level.stack_offset = regs.stack_offset
    back = client.trap(Trap.RETURN_FROM_PROVIDER)
    host.push(
        (back.offset, back.selector),
        f"resident provider {told.provider.number}: return address",
        "host (resident service provider)",
        _FRAME_FIELDS[client.wide],
        client.word,
    )
    regs.eax, regs.ebx = int(reason is Reason.CLIENT_TERMINATED), client.number
    regs.ds = host.load(told.data)
    regs.es = regs.fs = regs.gs = null_segment()
    procedure = told.procedure
    jump(host, Vector(told.code, procedure.offset))
    machine.attention = True
    handler = _far(told.code, procedure, client.bits)
    _emit(host, events.ResidentProviderNotified, told.provider, client.bits, handler, reason)
    host.switched(before, Door.RESIDENT_PROVIDER)


def returned(host: Host) -> None:
    """A provider's procedure executed its RETF. CF=1 at the end of the last client it knows: it wants to be removed."""
    level = host.innermost(Door.RESIDENT_PROVIDER)
    if level is None or level.told is None or level.on_return is None:
        host.machine.weeds("returned from a resident service provider although none was called")
        return
    told, wants_to_go = level.told, bool(host.machine.regs.eflags & Flag.CF)
    host.resume(level, Door.RESIDENT_PROVIDER)
    if told.has_ended and wants_to_go and not _is_in_use(host, told.provider) and told.provider in host.providers:
        remove(host, told.provider)
    level.on_return.finish(host, level)


def _is_in_use(host: Host, provider: Provider) -> bool:
    """Does it know a client that has not ended, or is it being called?"""
    known = [told for client in host.clients for told in client.told]
    called = [level.told for level in host.levels if level.told is not None]
    return any(told.provider is provider for told in (*known, *called))


def _far(selector: int, procedure: Procedure, bits: int) -> Far:
    """The procedure's address; the selector is 0 where no client is to be called."""
    return Vector(selector, procedure.offset).far(bits)


def _emit(
    host: Host, kind: type[events.ProviderEvent], provider: Provider, bits: int, handler: Far, reason: Reason | None
) -> None:
    linear = provider.procedures[bits].linear
    host.machine.emit(kind, bits=bits, handler=handler, reason=reason, provider=provider.number, linear=linear)
