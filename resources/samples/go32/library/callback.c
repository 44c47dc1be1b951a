#include "callback.h"

#include <stddef.h>

#include "program.h"

/* In callbacks.s, which counts on this layout. */
extern const char far_callback[], interrupt_callback[];
_Static_assert(offsetof(struct callback, handler) == 0x34, "callbacks.s");
_Static_assert(offsetof(struct callback, next) == 0x44, "callbacks.s");
_Static_assert(offsetof(struct callback, stack) == 0x4C, "callbacks.s");

/* INT 31h AX=0303h: DS:ESI is the procedure, ES:EDI the structure. ES becomes DS and SS of the handler: the alias. */
static int allocate_callback(struct callback *callback, const char *procedure, callback_handler handler)
{
    callback->handler = handler;
    callback->is_running = 0;
    int error;
    uint32_t segment, offset;
    asm volatile("pushl %%ds\n\t"
                 "pushl %%es\n\t"
                 "movw %w6, %%es\n\t"
                 "pushl %%cs\n\t"
                 "popl %%ds\n\t"
                 "int $0x31\n\t"
                 "popl %%es\n\t"
                 "popl %%ds\n\t"
                 "jc 1f\n\t"
                 "xorl %%eax, %%eax\n"
                 "1:"
                 : "=a"(error), "=c"(segment), "=d"(offset)
                 : "0"(0x0303), "S"(procedure), "D"(callback), "b"(data_alias)
                 : "memory", "cc");
    callback->address = (struct real_address){.segment = segment, .offset = offset};
    return error;
}

int allocate_far_callback(struct callback *callback, callback_handler handler)
{
    return allocate_callback(callback, far_callback, handler);
}

int hook_real_mode_interrupt(struct callback *callback, uint8_t vector, callback_handler handler)
{
    callback->next = get_real_mode_vector(vector);
    int error = allocate_callback(callback, interrupt_callback, handler);
    if (!error)
        set_real_mode_vector(vector, callback->address);
    return error;
}

int unhook_real_mode_interrupt(struct callback *callback, uint8_t vector)
{
    set_real_mode_vector(vector, callback->next);
    return free_real_mode_callback(callback->address);
}
