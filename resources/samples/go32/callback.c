/* callback: real-mode code calls C functions.
 *
 * First a real-mode procedure in DOS memory calls one far, with a number in AX (INT 31h AX=0301h starts it). Then one
 * counts the timer's ticks: it sits on the real-mode vector of INT 1Ch, which the BIOS calls from within the timer's
 * interrupt, whatever is running.
 */

#include "callback.h"
#include "check.h"
#include "far.h"
#include "print.h"
#include "program.h"

enum { USER_TICK = 0x1C, TICKS = 5, CALLS = 3 };

static struct callback far_procedure, inner_procedure, tick_handler;
static struct real_mode_call inner_call;
static volatile int calls, ticks;
static volatile uint32_t stack_segment;

/* AX = AX * 10 + 1. */
static void multiply(struct real_mode_call *registers)
{
    registers->eax = registers->eax * 10 + 1;
    stack_segment = registers->ss;
    calls++;
}

/* Calls real mode, which calls `multiply`. */
static void call_again(struct real_mode_call *registers)
{
    inner_call.eax = registers->eax + 1;
    call_real_mode_far(&inner_call);
    registers->eax = inner_call.eax;
    calls++;
}

static void count_tick(struct real_mode_call *registers)
{
    (void)registers;
    ticks++;
}

/* At an offset of a block of DOS memory: inc ax / call far CALLBACK / inc ax / retf */
static void put_caller(uint16_t selector, uint16_t offset, struct real_address callback)
{
    struct {
        uint8_t increment, call;
        struct real_address target;
        uint8_t increment_again, far_return;
    } __attribute__((packed)) code = {0x40, 0x9A, callback, 0x40, 0xCB};
    copy_to_far(selector, offset, &code, sizeof code);
}

int main(int count, char **arguments)
{
    (void)count, (void)arguments;
    uint16_t segment, selector;
    check(!allocate_dos_memory(2, &segment, &selector), "DOS memory for real-mode code");
    check(!allocate_far_callback(&far_procedure, multiply), "a callback that is called far");
    put_caller(selector, 0, far_procedure.address);
    struct real_mode_call call = {.eax = 0};
    int error = 0;
    for (int i = 0; i < CALLS; i++) {
        call.cs = segment;
        call.ip = 0;
        error |= call_real_mode_far(&call);
    }
    /* 0 + 1, * 10 + 1, + 1: 12; then 132, 1332. */
    print("        AX is %u\n", call.eax);
    check(!error && call.eax == 1332, "real-mode code gets results back");
    check(calls == CALLS, "the handler ran three times");
    check(stack_segment != 0, "on the host's real-mode stack");

    check(!allocate_far_callback(&inner_procedure, call_again), "a callback that calls real mode");
    put_caller(selector, 16, inner_procedure.address);
    inner_call.cs = segment;
    call = (struct real_mode_call){.cs = segment, .ip = 16, .eax = 5};
    check(!call_real_mode_far(&call), "which calls the first callback");
    /* 5 + 1, + 1, + 1, * 10 + 1, + 1, + 1: 83 */
    check(call.eax == 83 && calls == CALLS + 2, "two callbacks deep");
    check(!free_real_mode_callback(inner_procedure.address), "it is freed");
    check(!free_real_mode_callback(far_procedure.address), "and so is the first");
    check(!free_dos_memory(selector), "the DOS memory is given back");

    check(!hook_real_mode_interrupt(&tick_handler, USER_TICK, count_tick), "a callback on the timer's INT 1Ch");
    for (uint32_t turns = 0; ticks < TICKS && turns < 100000000; turns++)
        ;
    check(ticks == TICKS, "five ticks came");
    check(!unhook_real_mode_interrupt(&tick_handler, USER_TICK), "the vector is as it was");
    return failures;
}
