"""INT 31h AX=0C00h, 0C01h: programs that stay resident to serve the clients of their virtual machine."""

from __future__ import annotations

from app.emu.host import providers, termination
from app.emu.host.host import Host
from app.emu.host.provider import STRUCTURE
from app.emu.int31.table import INT31, PENDING
from app.emu.registers import BL, DX, ES_DI


@INT31.service(0x0C00, since="1.0")
def install_resident_service_provider_callback(host: Host, structure: ES_DI) -> None:
    """Have procedures called when clients enter and end, as a structure of 28h bytes describes them."""
    providers.install(host, host.read_pointer(*structure, STRUCTURE.size))


@INT31.service(0x0C01, since="1.0")
def terminate_and_stay_resident(host: Host, code: BL, paragraphs: DX) -> object:
    """End the client, keep its providers, their extended memory and DX paragraphs of DOS memory (0: none)."""
    termination.stay_resident(host, host.current, code, paragraphs)
    return PENDING
