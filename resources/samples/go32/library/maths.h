/* What the coprocessor works out itself. */

#ifndef MATHS_H
#define MATHS_H

#include <stdint.h>

enum fpu_exception { FPU_INVALID = 0x01, FPU_ZERO_DIVIDE = 0x04, FPU_ALL = 0x3F };
enum rounding { ROUND_NEAREST = 0x000, ROUND_DOWN = 0x400, ROUND_UP = 0x800, ROUND_TO_ZERO = 0xC00 };

static inline double square_root(double value)
{
    asm("fsqrt" : "+t"(value));
    return value;
}

static inline double sine(double value)
{
    asm("fsin" : "+t"(value));
    return value;
}

static inline double cosine(double value)
{
    asm("fcos" : "+t"(value));
    return value;
}

/* Of y / x, in the right quadrant. */
static inline double arc_tangent(double y, double x)
{
    double angle;
    asm("fpatan" : "=t"(angle) : "0"(x), "u"(y) : "st(1)");
    return angle;
}

static inline uint16_t control_word(void)
{
    uint16_t word;
    asm volatile("fnstcw %0" : "=m"(word));
    return word;
}

static inline void set_control_word(uint16_t word) { asm volatile("fldcw %0" : : "m"(word)); }

/* To a whole number, as the control word says. */
static inline int32_t to_whole(double value)
{
    int32_t whole;
    asm volatile("fistpl %0" : "=m"(whole) : "t"(value) : "st");
    return whole;
}

#endif
