/* Files: INT 21h in real mode. Data goes through the transfer buffer. Failures are negative: the DOS error code. */

#ifndef FILES_H
#define FILES_H

#include <stdint.h>

#include "dpmi.h"

enum open_mode { READ, WRITE, READ_WRITE };
enum seek_from { FROM_START, FROM_HERE, FROM_END };

int create_file(const char *path);
int open_file(const char *path, enum open_mode mode);
int close_file(int handle);
int32_t read_file(int handle, void *data, uint32_t size);
int32_t write_file(int handle, const void *data, uint32_t size);
int32_t seek_file(int handle, int32_t offset, enum seek_from from);
int delete_file(const char *path);
int rename_file(const char *from, const char *to);

struct found_file {
    uint32_t size;
    char name[13];
};

/* The first file that matches a pattern with * and ?; -18 when none does. */
int find_file(const char *pattern, struct found_file *found);

/* INT 21h with these registers; AX, or the negative error code. */
int32_t call_dos(struct real_mode_call *call);
/* Put data into the transfer buffer; offset: from its beginning. */
void to_transfer_buffer(uint32_t offset, const void *data, uint32_t size);

#endif
