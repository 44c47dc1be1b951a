#include "signal.h"

#include "far.h"
#include "interrupt.h"
#include "print.h"
#include "program.h"

/* Room a signal handler needs on the stack. */
enum { ROOM = 0x1000, MOST_VECTORS = 8 };
/* Vectors from here on are signals of raise_soon(). */
enum { RAISED = 0x100 };
enum { COPROCESSOR_ERROR = 0x10, COPROCESSOR_INTERRUPT = 0x75 };

static const char *const names[SIGNALS] = {"illegal instruction", "trap", "floating point", "segment", "alarm"};

/* In exceptions.s: pairs of vector and handler, up to a vector -1. */
extern const struct {
    uint32_t vector, handler;
} exception_handlers[];
/* The lowest stack pointer a signal can be handled at. */
extern uint32_t lowest_stack;

/* For exceptions.s: what raise_soon() has raised, and the limit of the data segment without that. */
volatile uint32_t raised, usual_limit;

static signal_handler handlers[SIGNALS];
static struct far_address before[MOST_VECTORS];

static enum signal_number signal_of(uint32_t vector)
{
    if (vector >= RAISED)
        return vector - RAISED;
    switch (vector) {
    case 0x00:
    case COPROCESSOR_ERROR:
        return SIGNAL_FLOATING_POINT;
    case 0x03:
        return SIGNAL_TRAP;
    case 0x06:
        return SIGNAL_ILLEGAL;
    default:
        return SIGNAL_SEGMENT;
    }
}

/* The coprocessor's status; its exceptions are cleared. */
static uint16_t take_fpu_status(void)
{
    uint16_t status;
    asm volatile("fnstsw %0\n\tfnclex" : "=m"(status));
    return status;
}

/* Some hosts tell of the coprocessor's errors by the interrupt it has in an AT, not by the exception. */
static struct interrupt_hook coprocessor_hook;
static volatile uint16_t interrupt_status;

static void coprocessor_error(void)
{
    interrupt_status = take_fpu_status();
    raise_soon(SIGNAL_FLOATING_POINT);
}

/* Called on the program's stack by exceptions.s. */
void dispatch_context(struct context *context)
{
    enum signal_number number = signal_of(context->vector);
    context->fpu_status = 0;
    if (context->vector == RAISED + SIGNAL_FLOATING_POINT) {
        context->vector = COPROCESSOR_ERROR;
        context->fpu_status = interrupt_status;
    } else if (context->vector == COPROCESSOR_ERROR) {
        context->fpu_status = take_fpu_status();
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

void raise_soon(enum signal_number number)
{
    if (raised)
        return;
    raised = RAISED + number;
    usual_limit = get_segment_limit(data_selector);
    set_segment_limit(data_selector, PAGE_SIZE - 1);
}

void begin_signals(void)
{
    hook_interrupt(&coprocessor_hook, COPROCESSOR_INTERRUPT, coprocessor_error);
    lowest_stack = stub.initial_size - stub.minimal_stack + ROOM;
    for (int i = 0; exception_handlers[i].vector != -1u; i++) {
        uint32_t vector = exception_handlers[i].vector;
        before[i] = get_exception_handler(vector);
        set_exception_handler(vector, (struct far_address){exception_handlers[i].handler, code_selector});
    }
}

void end_signals(void)
{
    unhook_interrupt(&coprocessor_hook, COPROCESSOR_INTERRUPT);
    for (int i = 0; exception_handlers[i].vector != -1u; i++)
        set_exception_handler(exception_handlers[i].vector, before[i]);
}
