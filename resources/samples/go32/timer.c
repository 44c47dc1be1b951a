/* timer: a C function that the timer's interrupt calls in protected mode (INT 31h AX=0205h), whatever runs: a loop of
 * this program, or real-mode code. The BIOS's handler follows and counts, too.
 *
 * The function may not jump() out of the interrupt. It has a signal raised (library/signal.h), whose handler may.
 */

#include "check.h"
#include "dpmi.h"
#include "far.h"
#include "interrupt.h"
#include "jump.h"
#include "signal.h"

enum { TIMER = 0x08, CLOCK = 0x1A, TICKS = 2 };

static struct interrupt_hook hook;
static volatile int ticks, raises;
static volatile uint32_t turns;

static void count_tick(void)
{
    ticks++;
    if (raises)
        raise_soon(SIGNAL_ALARM);
}

static jump_place behind;
static volatile int alarms;

static void leave(enum signal_number number, struct context *context)
{
    (void)number, (void)context;
    jump(behind, ++alarms);
}

static void count_alarm(enum signal_number number, struct context *context)
{
    (void)number, (void)context;
    alarms++;
}

/* The BIOS's count: INT 1Ah AH=00h. */
static int bios_ticks(void)
{
    struct real_mode_call call = {.eax = 0};
    simulate_real_mode_interrupt(CLOCK, &call);
    return (call.ecx << 16 | (call.edx & 0xFFFF)) & 0x7FFFFFFF;
}

/* Real-mode code that does nothing, 65536 times: sti / xor cx, cx / loop $ / retf */
static int loop_in_real_mode(void)
{
    static const uint8_t code[] = {0xFB, 0x31, 0xC9, 0xE2, 0xFE, 0xCB};
    uint16_t segment, selector;
    if (allocate_dos_memory(1, &segment, &selector))
        return 0;
    copy_to_far(selector, 0, code, sizeof code);
    int before = ticks;
    for (int calls = 0; ticks < before + TICKS && calls < 100; calls++)
        call_real_mode_far(&(struct real_mode_call){.cs = segment});
    return !free_dos_memory(selector) && ticks == before + TICKS;
}

int main(int count, char **arguments)
{
    (void)count, (void)arguments;
    check(!hook_interrupt(&hook, TIMER, count_tick), "a handler for the timer's interrupt");
    int first = bios_ticks() - ticks;
    while (ticks < TICKS && turns < 100000000)
        turns++;
    check(ticks == TICKS, "two ticks came in protected mode");
    check(loop_in_real_mode(), "and two in real mode");
    check(bios_ticks() - ticks == first, "the BIOS has counted as many");

    set_signal_handler(SIGNAL_ALARM, leave);
    raises = 1;
    if (!set_jump(behind))
        for (;;)
            turns++;
    check(alarms == 1, "a signal from the interrupt leaves an endless loop");
    set_signal_handler(SIGNAL_ALARM, count_alarm);
    while (alarms < 3)
        turns++;
    check(alarms == 3, "or lets a loop go on");
    check(loop_in_real_mode() && alarms == 3 + TICKS, "it waits until real-mode code has returned");
    raises = 0;
    check(!unhook_interrupt(&hook, TIMER), "the vector is as it was");
    int last = ticks;
    for (turns = 0; turns < 100000; turns++)
        ;
    check(ticks == last, "no more ticks come");
    return failures;
}
