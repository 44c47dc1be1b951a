/* INT 31h: the functions the programs use, by the names of the DPMI specification. They return 0, or the error code. */

#ifndef DPMI_H
#define DPMI_H

#include <stdint.h>

struct dpmi_registers {
    uint32_t eax, ebx, ecx, edx, esi, edi;
};

/* The real mode call structure (DPMI 0.9, INT 31h AX=0300h). Segments are real-mode segments. */
struct real_mode_call {
    uint32_t edi, esi, ebp, reserved, ebx, edx, ecx, eax;
    uint16_t flags, es, ds, fs, gs, ip, cs, sp, ss;
};

enum { CARRY = 1 };

struct real_address {
    uint16_t offset, segment;
};

struct far_address {
    uint32_t offset;
    uint16_t selector;
} __attribute__((packed));

struct memory_block {
    uint32_t linear, handle, size;
};

enum access_rights { DATA_READ_ONLY = 0x40F0, DATA_WRITABLE = 0x40F2 };
enum page_type { PAGE_UNCOMMITTED = 0x00, PAGE_COMMITTED_WRITABLE = 0x09 };
enum { PAGE_SIZE = 0x1000 };

int int31(struct dpmi_registers *registers);

int allocate_descriptor(uint16_t *selector);
int free_descriptor(uint16_t selector);
uint32_t get_segment_base(uint16_t selector);
int set_segment_base(uint16_t selector, uint32_t base);
int set_segment_limit(uint16_t selector, uint32_t limit);
/* rights: the access byte, above it the byte with the G and D bits. */
int set_access_rights(uint16_t selector, uint16_t rights);
/* A data descriptor over the same memory. */
int create_alias_descriptor(uint16_t selector, uint16_t *alias);

int allocate_dos_memory(uint16_t paragraphs, uint16_t *segment, uint16_t *selector);
int free_dos_memory(uint16_t selector);

struct real_address get_real_mode_vector(uint8_t vector);
void set_real_mode_vector(uint8_t vector, struct real_address handler);
struct far_address get_exception_handler(uint8_t vector);
int set_exception_handler(uint8_t vector, struct far_address handler);
struct far_address get_protected_mode_vector(uint8_t vector);
int set_protected_mode_vector(uint8_t vector, struct far_address handler);

/* Both zero SS:SP first, so that the host gives the stack, and may change all of the structure. */
int simulate_real_mode_interrupt(uint8_t vector, struct real_mode_call *call);
int call_real_mode_far(struct real_mode_call *call);
int free_real_mode_callback(struct real_address callback);

/* Major version in the high byte, minor in the low one. */
uint16_t get_version(void);

/* Bytes of the largest block that can be had. */
uint32_t get_largest_free_block(void);
int allocate_memory_block(uint32_t size, struct memory_block *block);
int free_memory_block(const struct memory_block *block);
/* One page of a block. offset: from its beginning. */
int set_page_attributes(uint32_t handle, uint32_t offset, enum page_type type);

int lock_linear_region(uint32_t linear, uint32_t size);

/* The coprocessor is used by the program itself, not emulated. */
int enable_coprocessor(void);

#endif
