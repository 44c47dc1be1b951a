#include "process.h"

#include <stdint.h>

#include "bytes.h"
#include "files.h"
#include "program.h"

/* How EXEC wants it in the transfer buffer: everything that DOS reads lies there. */
enum { PATH = 0, TAIL = 0x80, FCB = 0x100, PARAMETERS = 0x140, LONGEST_TAIL = 125 };

struct parameters {
    uint16_t environment; /* 0: a copy of ours */
    struct real_address tail, first_fcb, second_fcb;
} __attribute__((packed));

int run_child(const char *path, const char *arguments)
{
    uint16_t segment = stub.ds_segment;
    struct parameters parameters = {0, {TAIL, segment}, {FCB, segment}, {FCB, segment}};
    static const char no_name[16];
    char tail[LONGEST_TAIL + 3];
    uint32_t size = strlen(arguments);
    if (size > LONGEST_TAIL || strlen(path) >= TAIL)
        return -1;
    tail[0] = size + 1;
    tail[1] = ' ';
    memcpy(tail + 2, arguments, size);
    tail[size + 2] = '\r';
    to_transfer_buffer(PATH, path, strlen(path) + 1);
    to_transfer_buffer(TAIL, tail, size + 3);
    to_transfer_buffer(FCB, no_name, sizeof no_name);
    to_transfer_buffer(PARAMETERS, &parameters, sizeof parameters);
    int32_t result = call_dos(&(struct real_mode_call){
        .eax = 0x4B00, .ds = segment, .edx = PATH, .es = segment, .ebx = PARAMETERS});
    if (result < 0)
        return result;
    return call_dos(&(struct real_mode_call){.eax = 0x4D00}) & 0xFF;
}
