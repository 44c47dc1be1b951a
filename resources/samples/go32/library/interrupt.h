/* Interrupts in protected mode (INT 31h AX=0205h): C functions that the processor's interrupts call. */

#ifndef INTERRUPT_H
#define INTERRUPT_H

#include "dpmi.h"

/* Interrupts are off; it runs on a locked stack of its own. What holds for callback handlers holds here: callback.h. */
typedef void (*interrupt_procedure)(void);

/* A static variable, so that it is locked as all of the program is. The vector points at its first bytes, which are
 * code: a call that leaves the structure's address on the stack, then a jump to the handler before. */
struct interrupt_hook {
    uint8_t call;
    uint32_t entry; /* counted from the next instruction */
    uint8_t jump;
    struct far_address next;
    interrupt_procedure procedure;
    uint32_t is_running; /* an interrupt within the procedure goes to the handler before at once */
    uint32_t host_stack, host_stack_selector;
    char stack[4096];
} __attribute__((packed));

/* Call a procedure first whenever that interrupt comes; the handler before follows. */
int hook_interrupt(struct interrupt_hook *hook, uint8_t vector, interrupt_procedure procedure);
int unhook_interrupt(struct interrupt_hook *hook, uint8_t vector);

#endif
