#include "heap.h"

#include <stdint.h>

#include "far.h"
#include "program.h"

/* A block of the host is a region, cut into pieces that follow each other. */
struct piece {
    uint32_t size; /* with this header */
    uint32_t is_used;
};

struct region {
    struct region *next;
    struct memory_block block;
};

enum { LEAST_REGION = 0x10000, UNIT = 16 };

static struct region *regions;

static struct piece *first_piece(struct region *region) { return (struct piece *)(region + 1); }

static char *end_of(struct region *region) { return (char *)region + region->block.size; }

static struct piece *next_piece(struct piece *piece) { return (struct piece *)((char *)piece + piece->size); }

static uint32_t rounded(uint32_t size, uint32_t unit) { return (size + unit - 1) & -unit; }

/* Make the segment reach up to an address. */
static int reach(uint32_t end)
{
    if (end - 1 <= get_segment_limit(data_selector))
        return 0;
    int error = set_segment_limit(data_selector, end - 1) | set_segment_limit(data_alias, end - 1);
    reload_segments();
    return error;
}

/* A block above the program: the segment begins with it and cannot reach what lies below. Blocks below are taken and
 * given back afterwards. */
static int allocate_above(uint32_t size, struct memory_block *block)
{
    int error = allocate_memory_block(size, block);
    if (error || block->linear > program_base)
        return error;
    struct memory_block below = *block;
    error = allocate_above(size, block);
    free_memory_block(&below);
    return error;
}

static struct region *add_region(uint32_t size)
{
    struct memory_block block;
    if (allocate_above(rounded(size, PAGE_SIZE), &block))
        return 0;
    struct region *region = (struct region *)(block.linear - program_base);
    if (reach((uint32_t)region + block.size)) {
        free_memory_block(&block);
        return 0;
    }
    *region = (struct region){.next = regions, .block = block};
    *first_piece(region) = (struct piece){.size = block.size - sizeof *region};
    return regions = region;
}

/* Take a free piece, and leave what is too much of it free. Free neighbours become one first. */
static void *take(struct region *region, uint32_t size)
{
    for (struct piece *piece = first_piece(region); (char *)piece < end_of(region); piece = next_piece(piece)) {
        if (piece->is_used)
            continue;
        for (struct piece *next = next_piece(piece); (char *)next < end_of(region) && !next->is_used;
             next = next_piece(piece))
            piece->size += next->size;
        if (piece->size < size)
            continue;
        if (piece->size - size >= 2 * UNIT) {
            struct piece rest = {.size = piece->size - size};
            piece->size = size;
            *next_piece(piece) = rest;
        }
        piece->is_used = 1;
        return piece + 1;
    }
    return 0;
}

void *allocate(size_t wanted)
{
    uint32_t size = rounded(wanted + sizeof(struct piece), UNIT);
    if (size < wanted)
        return 0;
    for (struct region *region = regions; region; region = region->next) {
        void *found = take(region, size);
        if (found)
            return found;
    }
    uint32_t least = size + sizeof(struct region);
    if (least < size)
        return 0;
    struct region *region = add_region(least > LEAST_REGION ? least : LEAST_REGION);
    return region ? take(region, size) : 0;
}

static int is_free(struct region *region)
{
    for (struct piece *piece = first_piece(region); (char *)piece < end_of(region); piece = next_piece(piece))
        if (piece->is_used)
            return 0;
    return 1;
}

void release(void *freed)
{
    if (!freed)
        return;
    ((struct piece *)freed - 1)->is_used = 0;
    for (struct region **link = &regions; *link; link = &(*link)->next) {
        struct region *region = *link;
        if ((char *)freed < (char *)region || (char *)freed >= end_of(region))
            continue;
        if (is_free(region)) {
            struct memory_block block = region->block;
            *link = region->next;
            free_memory_block(&block);
        }
        return;
    }
}
