"""Functions of the specification this host does not offer yet: rows all the same, they answer 8001h."""

from __future__ import annotations

from app.emu.int31.table import INT31

for _number, _name, _summary, _since in (
    (0x0C00, "install_resident_service_provider_callback", "Announce a resident service provider.", "1.0"),
    (0x0C01, "terminate_and_stay_resident", "End and stay resident as a provider.", "1.0"),
):
    INT31.not_offered(_number, _name, _summary, since=_since)
