#include "files.h"

#include "bytes.h"
#include "far.h"
#include "program.h"

/* In the transfer buffer, behind the paths; and what DOS puts there. */
enum { DISK_TRANSFER_AREA = 0x200, FOUND_SIZE = 0x1A, FOUND_NAME = 0x1E };

void to_transfer_buffer(uint32_t offset, const void *data, uint32_t size)
{
    copy_to_far(stub.ds_selector, offset, data, size);
}

int32_t call_dos(struct real_mode_call *call)
{
    call->flags = 0x0202;
    if (simulate_real_mode_interrupt(0x21, call))
        return -1;
    return call->flags & CARRY ? -(int32_t)(call->eax & 0xFFFF) : (int32_t)(call->eax & 0xFFFF);
}

/* Of functions that leave AX undefined: 0, or the negative error code. */
static int32_t success(int32_t result) { return result < 0 ? result : 0; }

/* A function that takes a path in DS:DX. */
static int32_t with_path(uint32_t eax, const char *path)
{
    to_transfer_buffer(0, path, strlen(path) + 1);
    return call_dos(&(struct real_mode_call){.eax = eax, .ds = stub.ds_segment});
}

int create_file(const char *path) { return with_path(0x3C00, path); }

int open_file(const char *path, enum open_mode mode) { return with_path(0x3D00 | mode, path); }

int delete_file(const char *path) { return success(with_path(0x4100, path)); }

int rename_file(const char *from, const char *to)
{
    uint32_t second = strlen(from) + 1;
    to_transfer_buffer(second, to, strlen(to) + 1);
    to_transfer_buffer(0, from, second);
    uint16_t segment = stub.ds_segment;
    return success(call_dos(&(struct real_mode_call){.eax = 0x5600, .ds = segment, .es = segment, .edi = second}));
}

int find_file(const char *pattern, struct found_file *found)
{
    call_dos(&(struct real_mode_call){.eax = 0x1A00, .ds = stub.ds_segment, .edx = DISK_TRANSFER_AREA});
    int error = success(with_path(0x4E00, pattern));
    copy_from_far(&found->size, stub.ds_selector, DISK_TRANSFER_AREA + FOUND_SIZE, sizeof found->size);
    copy_from_far(found->name, stub.ds_selector, DISK_TRANSFER_AREA + FOUND_NAME, sizeof found->name);
    return error;
}

int close_file(int handle)
{
    return success(call_dos(&(struct real_mode_call){.eax = 0x3E00, .ebx = handle}));
}

/* Read (3F00h) or write (4000h) the transfer buffer. */
static int32_t move_buffer(uint32_t eax, int handle, uint32_t size)
{
    return call_dos(&(struct real_mode_call){.eax = eax, .ebx = handle, .ecx = size, .ds = stub.ds_segment});
}

static uint32_t piece(uint32_t size) { return size < stub.minimal_buffer ? size : stub.minimal_buffer; }

int32_t read_file(int handle, void *data, uint32_t size)
{
    uint32_t done = 0;
    while (done < size) {
        uint32_t wanted = piece(size - done);
        int32_t count = move_buffer(0x3F00, handle, wanted);
        if (count < 0)
            return done ? (int32_t)done : count;
        copy_from_far((char *)data + done, stub.ds_selector, 0, count);
        done += count;
        if ((uint32_t)count < wanted)
            break; /* the end of the file, or of a line of the console */
    }
    return done;
}

int32_t write_file(int handle, const void *data, uint32_t size)
{
    uint32_t done = 0;
    while (done < size) {
        uint32_t wanted = piece(size - done);
        to_transfer_buffer(0, (const char *)data + done, wanted);
        int32_t count = move_buffer(0x4000, handle, wanted);
        if (count < 0)
            return done ? (int32_t)done : count;
        done += count;
        if ((uint32_t)count < wanted)
            break; /* the disk is full */
    }
    return done;
}

int32_t seek_file(int handle, int32_t offset, enum seek_from from)
{
    struct real_mode_call call = {
        .eax = 0x4200 | from, .ebx = handle, .ecx = (uint32_t)offset >> 16, .edx = offset & 0xFFFF};
    int32_t low_word = call_dos(&call);
    return low_word < 0 ? low_word : (int32_t)(call.edx << 16 | low_word);
}
