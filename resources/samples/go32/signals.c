/* signals: exceptions of the processor reach C functions, which leave by a jump or let the program go on.
 *
 * The host calls an exception handler on its locked stack (INT 31h AX=0203h). That handler only changes the frame, so
 * that the host returns to the signal's handler on the program's own stack (library/exceptions.s): from there a jump
 * out is allowed.
 *
 * `signals null` does not catch it: the program ends with a message and exit code 255.
 */

#include "signal.h"
#include "bytes.h"
#include "check.h"
#include "dpmi.h"
#include "heap.h"
#include "jump.h"
#include "maths.h"
#include "print.h"
#include "program.h"

static jump_place behind;
static volatile int caught;
static volatile uint32_t vector, error_code, status;
static volatile int zero;

static void note(struct context *context)
{
    caught++;
    vector = context->vector;
    error_code = context->error_code;
    status = context->fpu_status;
}

static void leave(enum signal_number number, struct context *context)
{
    note(context);
    jump(behind, number + 1);
}

static void go_on(enum signal_number number, struct context *context)
{
    (void)number;
    note(context);
}

/* The dividend becomes small enough and the divisor 1; the division is repeated. */
static void mend_division(enum signal_number number, struct context *context)
{
    (void)number;
    note(context);
    context->edx = 0;
    context->ecx = 1;
}

static struct memory_block block;

/* The page that was missing is there when the instruction is repeated. */
static void commit(enum signal_number number, struct context *context)
{
    (void)number;
    note(context);
    set_page_attributes(block.handle, 0, PAGE_COMMITTED_WRITABLE);
}

static void divide(void) { caught = 7 / zero; }

static void illegal(void) { asm volatile("ud2"); }

static void null_pointer(void) { *(volatile char *)(uint32_t)zero = 1; }

static void beyond(void) { *(volatile char *)-1 = 1; }

static void bad_selector(void) { asm volatile("movl %0, %%gs" : : "r"(0xFFFF)); }

static int deeper(int depth)
{
    volatile char room[256];
    room[0] = depth;
    return zero ? 0 : deeper(depth + 1) + room[0];
}

static void overflow(void) { caught = deeper(0); }

static void float_divide(void)
{
    set_control_word(control_word() & ~FPU_ZERO_DIVIDE);
    volatile double one = 1, nothing = 0, result = one / nothing;
    (void)result;
    asm volatile("fwait");
}

static void raises(void (*action)(void), enum signal_number number, uint32_t expected, const char *what)
{
    caught = 0;
    set_signal_handler(number, leave);
    int how = set_jump(behind);
    if (!how)
        action();
    set_signal_handler(number, 0);
    check(how == (int)number + 1 && caught == 1 && vector == expected, what);
}

int main(int count, char **arguments)
{
    if (count > 1 && !strcmp(arguments[1], "null"))
        null_pointer();

    raises(divide, SIGNAL_FLOATING_POINT, 0x00, "a division by zero");
    raises(divide, SIGNAL_FLOATING_POINT, 0x00, "and once more");
    raises(illegal, SIGNAL_ILLEGAL, 0x06, "an instruction there is not");
    raises(beyond, SIGNAL_SEGMENT, 0x0D, "an address behind the segment");
    raises(bad_selector, SIGNAL_SEGMENT, 0x0D, "a selector there is not");
    check(error_code == 0xFFFC, "the error code is that selector");
    if (null_page_is_guarded) {
        raises(null_pointer, SIGNAL_SEGMENT, 0x0E, "a null pointer");
        raises(overflow, SIGNAL_SEGMENT, 0x0E, "a stack that has grown too deep");
    }
    raises(float_divide, SIGNAL_FLOATING_POINT, 0x10, "a floating point division by zero");
    check(status & FPU_ZERO_DIVIDE, "the coprocessor's status says so");
    set_control_word(control_word() | FPU_ALL);

    caught = 0;
    set_signal_handler(SIGNAL_TRAP, go_on);
    asm volatile("int3");
    set_signal_handler(SIGNAL_TRAP, 0);
    check(caught == 1 && vector == 3, "the program goes on behind a breakpoint");

    uint32_t quotient = 7, remainder = 7, divisor = 0;
    caught = 0;
    set_signal_handler(SIGNAL_FLOATING_POINT, mend_division);
    asm volatile("divl %2" : "+a"(quotient), "+d"(remainder), "+c"(divisor));
    set_signal_handler(SIGNAL_FLOATING_POINT, 0);
    check(caught == 1 && quotient == 7 && remainder == 0, "a division is repeated with other registers");

    if (null_page_is_guarded) {
        uint16_t selector;
        uint32_t value = 0;
        int error = allocate_memory_block(PAGE_SIZE, &block);
        error |= set_page_attributes(block.handle, 0, PAGE_UNCOMMITTED);
        error |= allocate_descriptor(&selector);
        error |= set_segment_base(selector, block.linear);
        error |= set_segment_limit(selector, PAGE_SIZE - 1);
        caught = 0;
        set_signal_handler(SIGNAL_SEGMENT, commit);
        asm volatile("movl %1, %%fs\n\t"
                     "movl $1234, %%fs:8\n\t"
                     "movl %%fs:8, %0\n\t"
                     "pushl $0\n\t"
                     "popl %%fs"
                     : "=&r"(value)
                     : "r"((uint32_t)selector)
                     : "memory");
        set_signal_handler(SIGNAL_SEGMENT, 0);
        error |= free_descriptor(selector);
        error |= free_memory_block(&block);
        check(!error && caught == 1 && vector == 0x0E && value == 1234, "a page is committed when it is first used");
    }
    return failures;
}
