"""What a segment allows: the processor's checks on one access, and the addresses an access must not start at."""

from __future__ import annotations

from app.emu.descriptor import CODE, EXPAND_DOWN, READABLE_OR_WRITABLE
from app.emu.memory.mappings import Run
from app.emu.registers import Segment

_TOP = 0xFFFFFFFF
NARROW, WIDE = 2, 14
"""How far before the last valid byte an access can begin and still reach beyond it: one of 4 bytes, one of 16."""
_PUSH_ROOM = 32
"""The same downwards, for pushes of several values on an expand-down stack."""

Span = tuple[int, int]
"""First and last linear address."""


def is_flat(segment: Segment) -> bool:
    """Every offset is valid."""
    return segment.limit == _TOP and (segment.access & (CODE | EXPAND_DOWN)) != EXPAND_DOWN


def _upper(segment: Segment) -> int:
    """The last valid offset of an expand-down segment."""
    return _TOP if segment.is_big else 0xFFFF


def allows(segment: Segment, offset: int, size: int, *, write: bool) -> bool:
    """Would a 386 carry out this access? (Protected mode; the segment register has been loaded.)"""
    if not segment.access:
        return False
    is_code = bool(segment.access & CODE)
    if write and (is_code or not segment.access & READABLE_OR_WRITABLE):
        return False
    if not write and is_code and not segment.access & READABLE_OR_WRITABLE:
        return False
    return in_limits(segment, offset, size)


def in_limits(segment: Segment, offset: int, size: int) -> bool:
    """Does an access lie within the limit?"""
    last = offset + size - 1
    if segment.access & (CODE | EXPAND_DOWN) == EXPAND_DOWN:
        return offset > segment.limit and last <= _upper(segment)
    return last <= segment.limit or is_flat(segment)


def inside(segment: Segment) -> Span:
    """The valid offsets, first and last."""
    if is_flat(segment):
        return 0, _TOP
    if segment.access & (CODE | EXPAND_DOWN) == EXPAND_DOWN:
        return segment.limit + 1, _upper(segment)
    return 0, segment.limit


def outside(segment: Segment, reach: int, margin: int) -> list[Span]:
    """Offsets up to `reach` at which some access could break the limit."""
    if not segment.access:
        return [(0, reach)]
    if is_flat(segment):
        return []
    if segment.access & (CODE | EXPAND_DOWN) == EXPAND_DOWN:
        spans = [(0, min(segment.limit + _PUSH_ROOM, reach))]
        beyond = _upper(segment) - margin
        return spans if segment.is_big or beyond > reach else [*spans, (beyond, reach)]
    first = max(segment.limit - margin, 0)
    return [(first, reach)] if first <= reach else []


def forbidden(segment: Segment, reach: int, margin: int) -> tuple[list[Span], list[Span]]:
    """Linear addresses that accesses with offsets up to `reach` may break a rule at: when reading, when writing."""
    everywhere = [(0, reach)]
    is_code, bit = bool(segment.access & CODE), bool(segment.access & READABLE_OR_WRITABLE)
    limits = outside(segment, reach, margin)
    reads = everywhere if segment.access and is_code and not bit else limits
    writes = everywhere if segment.access and (is_code or not bit) else limits
    return _linear(segment.base, reads), _linear(segment.base, writes)


def _linear(base: int, spans: list[Span]) -> list[Span]:
    """Offsets to linear addresses, cut where they wrap around."""
    result: list[Span] = []
    for first, last in spans:
        low, high = base + first, base + last
        if low > _TOP:
            result.append((low & _TOP, high & _TOP))
        elif high > _TOP:
            result += [(low, _TOP), (0, high & _TOP)]
        else:
            result.append((low, high))
    return result


def merge(spans: list[Span]) -> list[Span]:
    """Sorted, without overlaps and touching neighbours."""
    result: list[Span] = []
    for first, last in sorted(spans):
        if result and first <= result[-1][1] + 1:
            result[-1] = result[-1][0], max(last, result[-1][1])
        else:
            result.append((first, last))
    return result


def intersect(spans: list[Span], runs: list[Run]) -> list[Span]:
    """The physical addresses of linear spans, given the mapped runs."""
    result: list[Span] = []
    for first, last in spans:
        for linear, physical, size in runs:
            low, high = max(first, linear), min(last, linear + size - 1)
            if low <= high:
                result.append((low - linear + physical, high - linear + physical))
    return merge(result)


def covers(spans: list[Span], wanted: list[Span]) -> bool:
    """Lies every wanted span within one of the merged spans?"""
    return all(any(low <= first and last <= high for low, high in spans) for first, last in wanted)
