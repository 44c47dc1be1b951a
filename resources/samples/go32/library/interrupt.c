#include "interrupt.h"

#include <stddef.h>

#include "program.h"

/* In interrupts.s, which counts on this layout. */
extern const char interrupt_entry[];
_Static_assert(offsetof(struct interrupt_hook, procedure) == 12, "interrupts.s");
_Static_assert(offsetof(struct interrupt_hook, stack) == 28, "interrupts.s");

enum { CALL = 0xE8, FAR_JUMP = 0xEA };

int hook_interrupt(struct interrupt_hook *hook, uint8_t vector, interrupt_procedure procedure)
{
    hook->call = CALL;
    hook->entry = interrupt_entry - (const char *)&hook->jump;
    hook->jump = FAR_JUMP;
    hook->next = get_protected_mode_vector(vector);
    hook->procedure = procedure;
    return set_protected_mode_vector(vector, (struct far_address){(uint32_t)hook, code_selector});
}

int unhook_interrupt(struct interrupt_hook *hook, uint8_t vector)
{
    return set_protected_mode_vector(vector, hook->next);
}
