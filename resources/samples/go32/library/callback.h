/* Real-mode callbacks (INT 31h AX=0303h): C functions that real-mode code calls. */

#ifndef CALLBACK_H
#define CALLBACK_H

#include "dpmi.h"

/* Gets the caller's registers and may change them. Interrupts are off; it runs on a locked stack of its own. It must
 * not end the program, jump(), call DOS or use memory of the heap, which is not locked. */
typedef void (*callback_handler)(struct real_mode_call *registers);

/* A static variable, so that it is locked as all of the program is. callbacks.s knows the layout. */
struct callback {
    struct real_mode_call call; /* where the host puts the registers */
    callback_handler handler;
    uint32_t is_running; /* a call from within the handler returns at once */
    uint32_t host_stack, host_stack_selector;
    struct real_address next; /* the interrupt handler before */
    struct real_address address; /* what real-mode code calls */
    char stack[8192];
};

/* A procedure that real-mode code calls far. */
int allocate_far_callback(struct callback *callback, callback_handler handler);

/* A handler for a real-mode interrupt; it goes on to the one before. */
int hook_real_mode_interrupt(struct callback *callback, uint8_t vector, callback_handler handler);
int unhook_real_mode_interrupt(struct callback *callback, uint8_t vector);

#endif
