/* The program itself: where it lies, how it begins and ends. */

#ifndef PROGRAM_H
#define PROGRAM_H

#include "dpmi.h"

/* What the stub tells (../stub.asm). */
struct stub_information {
    char magic[16];
    uint32_t size, minimal_stack, memory_handle, initial_size;
    uint16_t minimal_buffer, ds_selector, ds_segment, psp_selector, cs_selector, environment_size;
    char names[40];
};

extern struct stub_information stub;
extern uint16_t code_selector, data_selector;
/* The same memory as data_selector, for handlers of interrupts, callbacks and exceptions. */
extern uint16_t data_alias;

/* Linear address of address 0 of the program. */
extern uint32_t program_base;

/* Code and data, from the linker. Behind them come a page that guards the stack, and the stack. */
extern char program_begin[], program_end[];

int main(int count, char **arguments);
void run_program(void) __attribute__((noreturn));
void exit(int code) __attribute__((noreturn));

/* True if using a null pointer raises an exception: the host knows INT 31h AX=0507h. */
extern int null_page_is_guarded;

#endif
