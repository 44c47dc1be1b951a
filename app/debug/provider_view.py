"""Resident service providers as the window sees them: what is installed, whom it was told of, the call in progress."""

from __future__ import annotations

from app.debug.snapshot import ProcedureRow, ProvidersView, ToldRow
from app.emu.address import Far
from app.emu.events import Door
from app.emu.host.host import Host
from app.emu.host.provider import Provider, Told


def providers(host: Host) -> ProvidersView:
    """Every provider's procedures, one for each width, and the clients they were told of."""
    calls = [level.told for level in host.levels if level.door is Door.RESIDENT_PROVIDER]
    return ProvidersView(
        tuple(row for provider in host.providers for row in _procedures(host, provider)),
        tuple(_told(told, in_progress=told in calls) for provider in host.providers for told in provider.told),
    )


def _procedures(host: Host, provider: Provider) -> list[ProcedureRow]:
    knows = sum(told.provider is provider for client in host.clients for told in client.told)
    return [
        ProcedureRow(
            provider=provider.number,
            owner=provider.owner,
            bits=bits,
            data=procedure.data,
            code=procedure.code,
            offset=procedure.offset,
            linear=procedure.linear,
            is_resident=provider.blocks is not None,
            clients=knows,
        )
        for bits, procedure in provider.procedures.items()
    ]


def _told(told: Told, *, in_progress: bool) -> ToldRow:
    return ToldRow(
        provider=told.provider.number,
        client=told.client,
        bits=told.bits,
        handler=Far(told.code, told.procedure.offset, wide=told.bits == 32),
        data=told.data,
        linear=told.procedure.linear,
        has_ended=told.has_ended,
        in_progress=in_progress,
    )
