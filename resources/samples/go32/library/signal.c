#include "signal.h"

#include "print.h"
#include "program.h"

/* Room a signal handler needs on the stack. */
enum { ROOM = 0x1000, MOST_VECTORS = 8 };

static const char *const names[SIGNALS] = {"illegal instruction", "trap", "floating point", "segment"};

/* In exceptions.s: pairs of vector and handler, up to a vector -1. */
extern const struct {
    uint32_t vector, handler;
} exception_handlers[];
/* The lowest stack pointer a signal can be handled at. */
extern uint32_t lowest_stack;

static signal_handler handlers[SIGNALS];
static struct far_address before[MOST_VECTORS];

static enum signal_number signal_of(uint32_t vector)
{
    switch (vector) {
    case 0x00:
    case 0x10:
        return SIGNAL_FLOATING_POINT;
    case 0x03:
        return SIGNAL_TRAP;
    case 0x06:
        return SIGNAL_ILLEGAL;
    default:
        return SIGNAL_SEGMENT;
    }
}

/* Called on the program's stack by exceptions.s. */
void dispatch_context(struct context *context)
{
    enum signal_number number = signal_of(context->vector);
    context->fpu_status = 0;
    if (context->vector == 0x10) {
        uint16_t status;
        asm volatile("fnstsw %0\n\tfnclex" : "=m"(status));
        context->fpu_status = status;
    }
    if (handlers[number]) {
        handlers[number](number, context);
        if ((uint32_t)context >= lowest_stack)
            return; /* else it ran on the spare stack */
    }
    print("Signal: %s (exception %X, error code %X) at %X\n", names[number], context->vector, context->error_code,
          context->eip);
    exit(255);
}

signal_handler set_signal_handler(enum signal_number number, signal_handler handler)
{
    signal_handler old = handlers[number];
    handlers[number] = handler;
    return old;
}

void begin_signals(void)
{
    lowest_stack = stub.initial_size - stub.minimal_stack + ROOM;
    for (int i = 0; exception_handlers[i].vector != -1u; i++) {
        uint32_t vector = exception_handlers[i].vector;
        before[i] = get_exception_handler(vector);
        set_exception_handler(vector, (struct far_address){exception_handlers[i].handler, code_selector});
    }
}

void end_signals(void)
{
    for (int i = 0; exception_handlers[i].vector != -1u; i++)
        set_exception_handler(exception_handlers[i].vector, before[i]);
}
