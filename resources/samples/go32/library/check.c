#include "check.h"

#include "print.h"

int failures;

void check(int holds, const char *what)
{
    print("%-8s%s\n", holds ? "ok" : "FAILED", what);
    failures += !holds;
}
