/* Text to standard output. */

#ifndef PRINT_H
#define PRINT_H

/* %d %u %x %X %c %s %f %%, with a width, a precision for %f (6), and the flags 0 and -. "\n" becomes CR LF. */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
