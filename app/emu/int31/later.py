"""Functions of the specification this host does not offer yet: rows all the same, they answer 8001h."""

from __future__ import annotations

from app.emu.int31.table import INT31

for _number, _name, _summary, _since in (
    (0x0504, "allocate_linear_memory_block", "Allocate a block at a linear address, committed or not.", "1.0"),
    (0x0505, "resize_linear_memory_block", "Resize a block of 0504h, updating descriptors.", "1.0"),
    (0x0506, "get_page_attributes", "Return the attributes of pages of a block.", "1.0"),
    (0x0507, "set_page_attributes", "Set the attributes of pages of a block.", "1.0"),
    (0x0508, "map_device_in_memory_block", "Map physical addresses into a block.", "1.0"),
    (0x0509, "map_conventional_memory_in_memory_block", "Map DOS memory into a block.", "1.0"),
    (0x050A, "get_memory_block_size_and_base", "Return size and base of a block.", "1.0"),
    (0x050B, "get_memory_information", "Write 80h bytes about memory to a buffer.", "1.0"),
    (0x0702, "mark_page_as_demand_paging_candidate", "Hint that pages may be paged out first.", "0.9"),
    (0x0703, "discard_page_contents", "Hint that pages need not be kept.", "0.9"),
    (0x0800, "physical_address_mapping", "Map physical addresses above 1 MiB.", "0.9"),
    (0x0801, "free_physical_address_mapping", "Undo 0800h.", "1.0"),
    (0x0B00, "set_debug_watchpoint", "Set a hardware watchpoint.", "0.9"),
    (0x0B01, "clear_debug_watchpoint", "Clear a hardware watchpoint.", "0.9"),
    (0x0B02, "get_state_of_debug_watchpoint", "Has a watchpoint been hit?", "0.9"),
    (0x0B03, "reset_debug_watchpoint", "Clear a watchpoint's hit mark.", "0.9"),
    (0x0D00, "allocate_shared_memory", "Allocate memory shared by clients.", "1.0"),
    (0x0D01, "free_shared_memory", "Free shared memory.", "1.0"),
    (0x0D02, "serialize_on_shared_memory", "Wait for ownership of shared memory.", "1.0"),
    (0x0D03, "free_serialization_on_shared_memory", "Give ownership back.", "1.0"),
    (0x0E00, "get_coprocessor_status", "Return the state of the coprocessor.", "1.0"),
    (0x0E01, "set_coprocessor_emulation", "Choose coprocessor or emulation.", "1.0"),
):
    INT31.not_offered(_number, _name, _summary, since=_since)
