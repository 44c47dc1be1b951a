/* float: the coprocessor computes, and keeps what it has while the host and real mode run.
 */

#include "callback.h"
#include "check.h"
#include "files.h"
#include "maths.h"
#include "print.h"
#include "program.h"

enum { STEPS = 20000, BIOS_TICKS = 0x1A, USER_TICK = 0x1C };

/* The integral of 4 / (1 + x * x) from 0 to 1. */
static double pi(void)
{
    double sum = 0;
    for (int i = 0; i < STEPS; i++) {
        double x = (i + 0.5) / STEPS;
        sum += 4 / (1 + x * x);
    }
    return sum / STEPS;
}

static int is_near(double one, double other) { return one - other < 1e-8 && other - one < 1e-8; }

static struct callback tick_handler;
static volatile int ticks;

static void count_tick(struct real_mode_call *registers)
{
    (void)registers;
    ticks++;
}

int main(int count, char **arguments)
{
    (void)count, (void)arguments;
    print("        pi is %.9f, the root of 2 is %.9f\n", pi(), square_root(2));
    check(is_near(pi(), 4 * arc_tangent(1, 1)), "the sum and the arc tangent agree");
    double largest = 0;
    for (int i = -50; i <= 50; i++) {
        double angle = i / 7.0, error = sine(angle) * sine(angle) + cosine(angle) * cosine(angle) - 1;
        if (error < 0)
            error = -error;
        if (error > largest)
            largest = error;
    }
    check(largest < 1e-15, "sine and cosine belong together");

    uint16_t usual = control_word();
    int32_t found[4];
    for (int way = 0; way < 4; way++) {
        set_control_word((usual & ~ROUND_TO_ZERO) | way * ROUND_DOWN);
        found[way] = to_whole(-2.5) * 10 + to_whole(1.75);
    }
    set_control_word(usual);
    check(found[0] == -18 && found[1] == -29 && found[2] == -18 && found[3] == -19, "four ways to round");
    check(square_root(-1) != square_root(-1), "the root of -1 is no number");

    /* Eight numbers in the coprocessor's registers while real mode and a callback run. */
    hook_real_mode_interrupt(&tick_handler, USER_TICK, count_tick);
    struct real_mode_call call = {.eax = 0};
    double sum;
    int error;
    asm volatile("fld1\n\tfldpi\n\tfldl2e\n\tfldl2t" : : : "st", "st(1)", "st(2)", "st(3)");
    error = simulate_real_mode_interrupt(BIOS_TICKS, &call);
    while (ticks < 2)
        ;
    asm volatile("faddp\n\tfaddp\n\tfaddp" : "=t"(sum));
    unhook_real_mode_interrupt(&tick_handler, USER_TICK);
    check(!error && is_near(sum, 1 + 3.14159265358979 + 1.44269504088896 + 3.32192809488736),
          "registers are kept while real mode and a callback run");
    return failures;
}
