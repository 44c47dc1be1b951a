/* memory: blocks of the host behind a heap, the page at address 0, and memory of DOS by selector.
 *
 * The program's segment begins at its own memory block; further blocks (INT 31h AX=0501h) become reachable by making
 * the segment longer (AX=0008h). When all of a block is free it goes back (AX=0502h).
 */

#include "bytes.h"
#include "check.h"
#include "dpmi.h"
#include "far.h"
#include "heap.h"
#include "jump.h"
#include "print.h"
#include "program.h"
#include "signal.h"

enum { PIECES = 200, LARGE = 3 << 20 };

static uint32_t state = 1;

static uint32_t next_random(void) { return state = state * 1664525 + 1013904223; }

/* Many pieces of all sizes, each filled with a byte of its own; half of them are replaced meanwhile. */
static int pieces_stay_apart(void)
{
    static unsigned char *pieces[PIECES];
    static uint32_t sizes[PIECES];
    for (int round = 0; round < 2; round++)
        for (int i = round; i < PIECES; i += 1 + round) {
            release(pieces[i]);
            sizes[i] = 1 + next_random() % 2000;
            pieces[i] = allocate(sizes[i]);
            if (!pieces[i])
                return 0;
            memset(pieces[i], i, sizes[i]);
        }
    int same = 1;
    for (int i = 0; i < PIECES; i++) {
        for (uint32_t at = 0; at < sizes[i]; at++)
            same &= pieces[i][at] == (unsigned char)i;
        release(pieces[i]);
    }
    return same;
}

/* Megabytes until there are no more; how many. */
static int take_all(void)
{
    struct link {
        struct link *next;
    } *all = 0, *one;
    int count = 0;
    for (; (one = allocate(1 << 20)); count++) {
        one->next = all;
        all = one;
    }
    while (all) {
        one = all;
        all = all->next;
        release(one);
    }
    return count;
}

static jump_place behind;

static void leave(enum signal_number number, struct context *context)
{
    (void)context;
    jump(behind, number + 1);
}

/* Is using the address an exception? */
static int is_guarded(volatile char *address)
{
    int how = set_jump(behind);
    if (!how) {
        set_signal_handler(SIGNAL_SEGMENT, leave);
        (void)*address;
    }
    set_signal_handler(SIGNAL_SEGMENT, 0);
    return how == SIGNAL_SEGMENT + 1;
}

/* The first bytes of main, by a descriptor that may read data but not execute code. */
static int code_is_read_by_an_alias(void)
{
    uint16_t alias;
    char copy[16];
    if (create_alias_descriptor(code_selector, &alias))
        return 0;
    copy_from_far(copy, alias, (uint32_t)main, sizeof copy);
    return !memcmp(copy, (const void *)main, sizeof copy) && !free_descriptor(alias);
}

static uint16_t constants;

/* Writing to a segment that is only to be read. */
static int is_read_only(void)
{
    static char text[] = "constant";
    if (allocate_descriptor(&constants) || set_segment_base(constants, program_base + (uint32_t)text) ||
        set_segment_limit(constants, sizeof text - 1) || set_access_rights(constants, DATA_READ_ONLY))
        return 0;
    int how = set_jump(behind);
    if (!how) {
        set_signal_handler(SIGNAL_SEGMENT, leave);
        copy_to_far(constants, 0, "changed!", sizeof text);
    }
    set_signal_handler(SIGNAL_SEGMENT, 0);
    return how && !strcmp(text, "constant") && !free_descriptor(constants);
}

static int dos_memory_is_reached(void)
{
    uint16_t segment, selector;
    char text[] = "in conventional memory", copy[sizeof text];
    if (allocate_dos_memory(2, &segment, &selector))
        return 0;
    copy_to_far(selector, 5, text, sizeof text);
    copy_from_far(copy, selector, 5, sizeof copy);
    int same = !memcmp(text, copy, sizeof text) && get_segment_base(selector) == (uint32_t)segment << 4;
    return same && !free_dos_memory(selector);
}

/* With a segment of four gigabytes DOS memory is reached by pointers, too: address and base together wrap around. */
static int dos_memory_is_near(void)
{
    static const uint32_t bios_ticks = 0x46C;
    uint32_t by_selector;
    uint16_t selector;
    if (allocate_descriptor(&selector) || set_segment_base(selector, bios_ticks) || set_segment_limit(selector, 3))
        return 0;
    copy_from_far(&by_selector, selector, 0, sizeof by_selector);
    uint32_t limit = get_segment_limit(data_selector);
    if (set_segment_limit(data_selector, -1))
        return 0;
    reload_segments();
    uint32_t by_pointer = *(volatile uint32_t *)(bios_ticks - program_base);
    set_segment_limit(data_selector, limit);
    reload_segments();
    return by_pointer == by_selector && !free_descriptor(selector);
}

int main(int count, char **arguments)
{
    (void)count, (void)arguments;
    check(get_version() >= 0x005A, "a host of version 0.90 or later");
    uint32_t free_before = get_largest_free_block();
    uint32_t *large = allocate(LARGE);
    check(large != 0, "a block of three megabytes");
    for (uint32_t i = 0; large && i < LARGE / 4; i += 1024)
        large[i] = i;
    int same = large != 0;
    for (uint32_t i = 0; same && i < LARGE / 4; i += 1024)
        same = large[i] == i;
    check(same, "holds what is written to it");
    check(get_largest_free_block() < free_before, "and is missing from what is free");
    release(large);
    check(get_largest_free_block() == free_before, "until it is given back");
    check(pieces_stay_apart(), "two hundred pieces stay apart");
    int first = take_all(), second = take_all();
    check(first > 2 && first == second, "all memory can be taken, and given back, and taken again");
    check(get_largest_free_block() == free_before, "nothing is lost");
    check(!null_page_is_guarded || is_guarded(0), "a null pointer is caught");
    check(is_guarded((char *)-16), "and so is an address behind the segment");
    check(code_is_read_by_an_alias(), "code is read by an alias descriptor");
    check(is_read_only(), "a segment that is only to be read is not written to");
    check(dos_memory_is_reached(), "DOS memory is reached by its selector");
    check(dos_memory_is_near(), "and by a pointer that wraps around");
    return failures;
}
