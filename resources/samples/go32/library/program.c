#include "program.h"

#include "bytes.h"
#include "far.h"
#include "print.h"
#include "signal.h"

enum { MOST_ARGUMENTS = 16, PSP_ENVIRONMENT = 0x2C, PSP_TAIL = 0x80, LONGEST_TAIL = 127, LONGEST_PATH = 80 };

uint16_t data_alias;
uint32_t program_base;
int null_page_is_guarded;

static char program_path[LONGEST_PATH];
static char tail[LONGEST_TAIL + 1];
static char *arguments[MOST_ARGUMENTS + 1];

/* The program's own path: behind the environment and a word. */
static void find_path(void)
{
    uint16_t environment;
    copy_from_far(&environment, stub.psp_selector, PSP_ENVIRONMENT, sizeof environment);
    char *at = program_path;
    do
        copy_from_far(at, environment, stub.environment_size + 2 + (at - program_path), 1);
    while (*at++ && at < program_path + LONGEST_PATH - 1);
}

/* Code, data and stack stay in place: exception handlers and callbacks use them when no page can be brought back. The
 * page at address 0 and the one below the stack go: using them raises an exception. */
static void arrange_memory(void)
{
    uint32_t guard = ((uint32_t)program_end + PAGE_SIZE - 1) & -PAGE_SIZE;
    uint32_t stack = guard + PAGE_SIZE;
    null_page_is_guarded = !set_page_attributes(stub.memory_handle, 0, PAGE_UNCOMMITTED);
    set_page_attributes(stub.memory_handle, guard, PAGE_UNCOMMITTED);
    lock_linear_region(program_base + (uint32_t)program_begin, program_end - program_begin);
    lock_linear_region(program_base + stack, stub.initial_size - stack);
}

/* Cut the command line at blanks; how many arguments there are, the program's path among them. */
static int find_arguments(void)
{
    uint8_t length;
    copy_from_far(&length, stub.psp_selector, PSP_TAIL, 1);
    copy_from_far(tail, stub.psp_selector, PSP_TAIL + 1, length);
    int count = 0;
    arguments[count++] = program_path;
    for (char *at = tail; *at && count < MOST_ARGUMENTS;) {
        while (*at == ' ' || *at == '\t')
            *at++ = 0;
        if (*at)
            arguments[count++] = at;
        while (*at && *at != ' ' && *at != '\t')
            at++;
    }
    return count;
}

void run_program(void)
{
    program_base = get_segment_base(data_selector);
    free_descriptor(stub.cs_selector);
    create_alias_descriptor(data_selector, &data_alias);
    arrange_memory();
    enable_coprocessor();
    asm volatile("fninit");
    find_path();
    int count = find_arguments();
    begin_signals();
    exit(main(count, arguments));
}

void exit(int code)
{
    end_signals();
    asm volatile("int $0x21" : : "a"(0x4C00 | (code & 0xFF)));
    __builtin_unreachable();
}
