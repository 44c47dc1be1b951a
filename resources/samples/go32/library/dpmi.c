#include "dpmi.h"

static uint32_t high(uint32_t value) { return value >> 16; }

static uint32_t low(uint32_t value) { return value & 0xFFFF; }

static uint32_t joined(uint32_t high_word, uint32_t low_word) { return high_word << 16 | low(low_word); }

/* Call; the error code, or 0. A host of version 0.9 need not give one: then it is 8001h. */
static int called(struct dpmi_registers *registers)
{
    if (!int31(registers))
        return 0;
    return low(registers->eax) ? low(registers->eax) : 0x8001;
}

int allocate_descriptor(uint16_t *selector)
{
    struct dpmi_registers registers = {.eax = 0x0000, .ecx = 1};
    int error = called(&registers);
    *selector = error ? 0 : registers.eax;
    return error;
}

int free_descriptor(uint16_t selector)
{
    return called(&(struct dpmi_registers){.eax = 0x0001, .ebx = selector});
}

uint32_t get_segment_base(uint16_t selector)
{
    struct dpmi_registers registers = {.eax = 0x0006, .ebx = selector};
    return called(&registers) ? 0 : joined(registers.ecx, registers.edx);
}

int set_segment_base(uint16_t selector, uint32_t base)
{
    return called(&(struct dpmi_registers){.eax = 0x0007, .ebx = selector, .ecx = high(base), .edx = low(base)});
}

int set_segment_limit(uint16_t selector, uint32_t limit)
{
    return called(&(struct dpmi_registers){.eax = 0x0008, .ebx = selector, .ecx = high(limit), .edx = low(limit)});
}

int set_access_rights(uint16_t selector, uint16_t rights)
{
    return called(&(struct dpmi_registers){.eax = 0x0009, .ebx = selector, .ecx = rights});
}

int create_alias_descriptor(uint16_t selector, uint16_t *alias)
{
    struct dpmi_registers registers = {.eax = 0x000A, .ebx = selector};
    int error = called(&registers);
    *alias = error ? 0 : registers.eax;
    return error;
}

int allocate_dos_memory(uint16_t paragraphs, uint16_t *segment, uint16_t *selector)
{
    struct dpmi_registers registers = {.eax = 0x0100, .ebx = paragraphs};
    int error = called(&registers);
    *segment = registers.eax;
    *selector = registers.edx;
    return error;
}

int free_dos_memory(uint16_t selector)
{
    return called(&(struct dpmi_registers){.eax = 0x0101, .edx = selector});
}

struct real_address get_real_mode_vector(uint8_t vector)
{
    struct dpmi_registers registers = {.eax = 0x0200, .ebx = vector};
    int31(&registers);
    return (struct real_address){.segment = registers.ecx, .offset = registers.edx};
}

void set_real_mode_vector(uint8_t vector, struct real_address handler)
{
    int31(&(struct dpmi_registers){.eax = 0x0201, .ebx = vector, .ecx = handler.segment, .edx = handler.offset});
}

static struct far_address get_handler(uint32_t function, uint8_t vector)
{
    struct dpmi_registers registers = {.eax = function, .ebx = vector};
    int31(&registers);
    return (struct far_address){.selector = registers.ecx, .offset = registers.edx};
}

static int set_handler(uint32_t function, uint8_t vector, struct far_address handler)
{
    return called(&(struct dpmi_registers){
        .eax = function, .ebx = vector, .ecx = handler.selector, .edx = handler.offset});
}

struct far_address get_exception_handler(uint8_t vector) { return get_handler(0x0202, vector); }

int set_exception_handler(uint8_t vector, struct far_address handler) { return set_handler(0x0203, vector, handler); }

struct far_address get_protected_mode_vector(uint8_t vector) { return get_handler(0x0204, vector); }

int set_protected_mode_vector(uint8_t vector, struct far_address handler)
{
    return set_handler(0x0205, vector, handler);
}

static int translate(uint32_t function, uint32_t vector, struct real_mode_call *call)
{
    call->ss = call->sp = 0;
    call->reserved = 0;
    return called(&(struct dpmi_registers){.eax = function, .ebx = vector, .edi = (uint32_t)call});
}

int simulate_real_mode_interrupt(uint8_t vector, struct real_mode_call *call)
{
    return translate(0x0300, vector, call);
}

int call_real_mode_far(struct real_mode_call *call)
{
    return translate(0x0301, 0, call);
}

int free_real_mode_callback(struct real_address callback)
{
    return called(&(struct dpmi_registers){.eax = 0x0304, .ecx = callback.segment, .edx = callback.offset});
}

uint16_t get_version(void)
{
    struct dpmi_registers registers = {.eax = 0x0400};
    int31(&registers);
    return registers.eax;
}

uint32_t get_largest_free_block(void)
{
    uint32_t information[12];
    struct dpmi_registers registers = {.eax = 0x0500, .edi = (uint32_t)information};
    return called(&registers) ? 0 : information[0];
}

int allocate_memory_block(uint32_t size, struct memory_block *block)
{
    struct dpmi_registers registers = {.eax = 0x0501, .ebx = high(size), .ecx = low(size)};
    int error = called(&registers);
    *block = (struct memory_block){
        .linear = joined(registers.ebx, registers.ecx),
        .handle = joined(registers.esi, registers.edi),
        .size = size,
    };
    return error;
}

int free_memory_block(const struct memory_block *block)
{
    return called(&(struct dpmi_registers){.eax = 0x0502, .esi = high(block->handle), .edi = low(block->handle)});
}

int set_page_attributes(uint32_t handle, uint32_t offset, enum page_type type)
{
    uint16_t attributes = type;
    return called(&(struct dpmi_registers){
        .eax = 0x0507, .ebx = offset, .ecx = 1, .edx = (uint32_t)&attributes, .esi = handle});
}

int lock_linear_region(uint32_t linear, uint32_t size)
{
    return called(&(struct dpmi_registers){
        .eax = 0x0600, .ebx = high(linear), .ecx = low(linear), .esi = high(size), .edi = low(size)});
}

int enable_coprocessor(void)
{
    return called(&(struct dpmi_registers){.eax = 0x0E01, .ebx = 1});
}
