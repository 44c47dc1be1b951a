/* files: create, write, seek, read and delete. DOS cannot reach the program's memory, so all data goes through the
 * transfer buffer, 16 KiB at a time: INT 21h in real mode (INT 31h AX=0300h) with its segment in DS.
 */

#include "files.h"
#include "bytes.h"
#include "check.h"
#include "print.h"

enum { SIZE = 40000, FILE_NOT_FOUND = 2, ACCESS_DENIED = 5, BAD_HANDLE = 6, NO_MORE_FILES = 18 };

static const char name[] = "GO32DATA.TMP", new_name[] = "GO32NEW.TMP";
static unsigned char data[SIZE], copy[SIZE];

int main(int count, char **arguments)
{
    (void)count, (void)arguments;
    for (int i = 0; i < SIZE; i++)
        data[i] = i * 7 + (i >> 8);

    int handle = create_file(name);
    check(handle > 4, "a file is created");
    check(write_file(handle, data, SIZE) == SIZE, "40000 bytes are written in three pieces");
    check(seek_file(handle, 0, FROM_HERE) == SIZE, "the position is behind them");
    check(!close_file(handle), "the file is closed");

    handle = open_file(name, READ);
    check(read_file(handle, copy, SIZE) == SIZE && !memcmp(data, copy, SIZE), "they are read again");
    check(read_file(handle, copy, 1) == 0, "there are no more");
    check(seek_file(handle, -10, FROM_END) == SIZE - 10, "ten bytes back from the end");
    check(read_file(handle, copy, 100) == 10 && !memcmp(data + SIZE - 10, copy, 10), "the last ten bytes");
    check(write_file(handle, data, 1) == -ACCESS_DENIED, "a file opened for reading is not written to");
    close_file(handle);

    handle = open_file(name, READ_WRITE);
    check(seek_file(handle, 20000, FROM_START) == 20000, "to the middle");
    check(write_file(handle, "changed", 7) == 7, "seven bytes are changed");
    check(seek_file(handle, 19998, FROM_START) == 19998, "back before them");
    check(read_file(handle, copy, 11) == 11, "eleven bytes are read");
    check(!memcmp(copy, data + 19998, 2) && !memcmp(copy + 2, "changed", 7) && !memcmp(copy + 9, data + 20007, 2),
          "seven of them are new");
    close_file(handle);

    struct found_file found;
    check(!find_file("GO32D*.T?P", &found) && !strcmp(found.name, name) && found.size == SIZE, "the file is found");
    check(!rename_file(name, new_name), "and gets another name");
    check(find_file("GO32D*.*", &found) == -NO_MORE_FILES, "by the old one it is not found");
    check(!delete_file(new_name), "the file is deleted");
    check(open_file(new_name, READ) == -FILE_NOT_FOUND, "and cannot be opened any more");
    check(close_file(handle) == -BAD_HANDLE, "a handle is closed once only");
    return failures;
}
