/* Segments: memory of others, by selector and offset, and where they end. */

#ifndef FAR_H
#define FAR_H

#include <stddef.h>
#include <stdint.h>

static inline void copy_from_far(void *to, uint16_t selector, uint32_t offset, size_t size)
{
    size_t words = size / 4, rest = size % 4;
    asm volatile("pushl %%ds\n\t"
                 "movw %w4, %%ds\n\t"
                 "rep movsl\n\t"
                 "movl %3, %%ecx\n\t"
                 "rep movsb\n\t"
                 "popl %%ds"
                 : "+&D"(to), "+&S"(offset), "+&c"(words)
                 : "r"(rest), "r"(selector)
                 : "memory");
}

static inline void copy_to_far(uint16_t selector, uint32_t offset, const void *from, size_t size)
{
    size_t words = size / 4, rest = size % 4;
    asm volatile("pushl %%es\n\t"
                 "movw %w4, %%es\n\t"
                 "rep movsl\n\t"
                 "movl %3, %%ecx\n\t"
                 "rep movsb\n\t"
                 "popl %%es"
                 : "+&D"(offset), "+&S"(from), "+&c"(words)
                 : "r"(rest), "r"(selector)
                 : "memory");
}

/* Address of the segment's last byte. */
static inline uint32_t get_segment_limit(uint16_t selector)
{
    uint32_t limit;
    asm volatile("lsll %1, %0" : "=r"(limit) : "r"((uint32_t)selector));
    return limit;
}

/* The descriptor of the program's data has changed. A host of version 1.0 sees to that; one of 0.9 need not. */
static inline void reload_segments(void)
{
    asm volatile("movl %%ds, %%eax\n\t"
                 "movl %%eax, %%ds\n\t"
                 "movl %%eax, %%es\n\t"
                 "movl %%eax, %%ss"
                 :
                 :
                 : "eax", "memory");
}

#endif
