#include "print.h"

#include <stdarg.h>
#include <stdint.h>

#include "bytes.h"
#include "files.h"

enum { LINE = 256, STANDARD_OUTPUT = 1 };

struct output {
    char text[LINE];
    int size;
};

static void flush(struct output *output)
{
    write_file(STANDARD_OUTPUT, output->text, output->size);
    output->size = 0;
}

static void put(struct output *output, char letter)
{
    if (letter == '\n')
        put(output, '\r');
    if (output->size == LINE)
        flush(output);
    output->text[output->size++] = letter;
}

/* Digits of a number, written so that they end before `end`; where they begin. */
static char *digits(char *end, uint32_t value, unsigned base, const char *letters)
{
    do
        *--end = letters[value % base];
    while (value /= base);
    return end;
}

/* A number with so many decimals, at most nine. Beyond 4294967295 it is shown as "large". */
static char *decimals(char *end, double value, int precision)
{
    uint32_t scale = 1;
    for (int i = 0; i < precision; i++)
        scale *= 10;
    uint32_t whole = (uint32_t)value;
    uint32_t part = (uint32_t)((value - whole) * scale + 0.5);
    if (part >= scale) {
        part -= scale;
        whole++;
    }
    for (int i = 0; i < precision; i++, part /= 10)
        *--end = '0' + part % 10;
    if (precision)
        *--end = '.';
    return digits(end, whole, 10, "0123456789");
}

static void put_field(struct output *output, const char *text, int size, int width, int left, char fill)
{
    if (fill == '0' && size && *text == '-') {
        put(output, *text++);
        size--;
        width--;
    }
    for (int i = size; !left && i < width; i++)
        put(output, fill);
    for (int i = 0; i < size; i++)
        put(output, text[i]);
    for (int i = size; left && i < width; i++)
        put(output, ' ');
}

static char *double_digits(char *end, double value, int precision)
{
    if (value != value)
        return memcpy(end - 3, "nan", 3);
    double size = value < 0 ? -value : value;
    char *begin = size < 4294967295.0 ? decimals(end, size, precision) : memcpy(end - 5, "large", 5);
    if (value < 0)
        *--begin = '-';
    return begin;
}

void print(const char *format, ...)
{
    struct output output = {.size = 0};
    va_list values;
    va_start(values, format);
    for (; *format; format++) {
        if (*format != '%') {
            put(&output, *format);
            continue;
        }
        int left = 0, width = 0, precision = 6;
        char fill = ' ';
        for (format++; *format == '0' || *format == '-'; format++) {
            left |= *format == '-';
            fill = *format == '0' ? '0' : fill;
        }
        for (; *format >= '0' && *format <= '9'; format++)
            width = width * 10 + *format - '0';
        if (*format == '.')
            for (precision = 0, format++; *format >= '0' && *format <= '9'; format++)
                precision = precision * 10 + *format - '0';
        char room[32], *end = room + sizeof room, *begin = end;
        int value;
        switch (*format) {
        case 'd':
            value = va_arg(values, int);
            begin = digits(end, value < 0 ? 0u - value : (uint32_t)value, 10, "0123456789");
            if (value < 0)
                *--begin = '-';
            break;
        case 'u':
            begin = digits(end, va_arg(values, uint32_t), 10, "0123456789");
            break;
        case 'x':
            begin = digits(end, va_arg(values, uint32_t), 16, "0123456789abcdef");
            break;
        case 'X':
            begin = digits(end, va_arg(values, uint32_t), 16, "0123456789ABCDEF");
            break;
        case 'f':
            begin = double_digits(end, va_arg(values, double), precision);
            break;
        case 's':
            begin = va_arg(values, char *);
            end = begin + strlen(begin);
            break;
        case 'c':
            *--begin = va_arg(values, int);
            break;
        default:
            *--begin = *format;
        }
        put_field(&output, begin, end - begin, width, left, fill);
    }
    va_end(values);
    flush(&output);
}
