/* A way back out of functions, and out of signal handlers. */

#ifndef JUMP_H
#define JUMP_H

/* EBX, ESI, EDI, EBP, ESP, EIP. */
typedef unsigned jump_place[6];

/* 0 when the place is set, else what was given to jump(). */
int set_jump(jump_place place) __attribute__((returns_twice));
void jump(jump_place place, int value) __attribute__((noreturn));

#endif
