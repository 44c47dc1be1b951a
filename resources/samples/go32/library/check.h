/* A program checks itself: what does not hold is printed, and main returns how often that was. */

#ifndef CHECK_H
#define CHECK_H

extern int failures;

/* Print "ok" or "FAILED" and what was checked. */
void check(int holds, const char *what);

#endif
