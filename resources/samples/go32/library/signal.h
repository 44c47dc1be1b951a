/* Exceptions of the processor as signals.
 *
 * A handler runs on the program's own stack, after the host's exception handling is over: it may do everything, jump()
 * included. When it returns, the instruction that raised the exception is executed again (after SIGTRAP: the next one),
 * with the registers of the context, which the handler may have changed.
 */

#ifndef SIGNAL_H
#define SIGNAL_H

#include <stdint.h>

enum signal_number { SIGNAL_ILLEGAL, SIGNAL_TRAP, SIGNAL_FLOATING_POINT, SIGNAL_SEGMENT, SIGNAL_ALARM, SIGNALS };

/* Registers when the exception was raised. ESP cannot be changed: it is the address behind the context. */
struct context {
    uint32_t gs, fs, es, ds;
    uint32_t edi, esi, ebp, unused, ebx, edx, ecx, eax;
    uint32_t vector, error_code;
    uint32_t fpu_status; /* for vector 10h; its exceptions have been cleared in the coprocessor */
    uint32_t eip, cs, eflags;
};

typedef void (*signal_handler)(enum signal_number number, struct context *context);

/* Set the handler of a signal; the one before. 0: none, the signal ends the program with exit code 255. */
signal_handler set_signal_handler(enum signal_number number, signal_handler handler);

/* From an interrupt or callback handler: raise a signal when the program goes on. Its handler may jump() then, which
 * the interrupt's could not. The program's data segment is cut short, so that the next use of it is an exception. */
void raise_soon(enum signal_number number);

/* Hook the exceptions, and give them back. */
void begin_signals(void);
void end_signals(void);

#endif
