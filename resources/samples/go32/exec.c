/* exec: a program runs another one and shows its exit code (INT 21h AX=4B00h through the transfer buffer).
 *
 * `exec` runs itself as `exec 2`, which runs `exec 1`: three clients at a time, each with memory and tables of its own.
 * `exec PROGRAM ARGUMENT` runs any program.
 */

#include "process.h"
#include "check.h"
#include "dpmi.h"
#include "print.h"

enum { FILE_NOT_FOUND = 2 };

static int is_number(const char *text) { return text[0] >= '1' && text[0] <= '9' && !text[1]; }

static int show(const char *path, const char *argument)
{
    int code = run_child(path, argument);
    print(code < 0 ? "%s %s: DOS error %d\n" : "%s %s: exit code %d\n", path, argument, code < 0 ? -code : code);
    return code;
}

/* A program so many levels above the last: 10 times that number is its exit code. */
static int child(const char *path, int levels)
{
    static volatile int mine;
    char argument[2] = {'0' + levels - 1, 0};
    mine = levels;
    if (levels > 1)
        check(show(path, argument) == (levels - 1) * 10, "the child's exit code is ten times its number");
    check(mine == levels, "a variable is the program's own");
    return failures ? 255 : levels * 10;
}

int main(int count, char **arguments)
{
    if (count > 1 && is_number(arguments[1]))
        return child(arguments[0], arguments[1][0] - '0');
    if (count > 1)
        return show(arguments[1], count > 2 ? arguments[2] : "");
    uint32_t free_before = get_largest_free_block();
    check(show(arguments[0], "2") == 20, "a child that has a child");
    check(get_largest_free_block() == free_before, "their memory is free again");
    check(run_child("NOTHING.EXE", "") == -FILE_NOT_FOUND, "a program that is not there");
    return failures;
}
