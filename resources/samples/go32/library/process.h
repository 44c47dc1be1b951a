/* Other programs. */

#ifndef PROCESS_H
#define PROCESS_H

/* Run a program to its end (INT 21h AX=4B00h); its exit code, or the negative DOS error code. arguments: the command
 * line behind its name, at most 125 characters. */
int run_child(const char *path, const char *arguments);

#endif
