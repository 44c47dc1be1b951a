/* Memory as it is needed: pieces of blocks that the host gives (INT 31h AX=0501h). */

#ifndef HEAP_H
#define HEAP_H

#include <stddef.h>

/* 0 when there is not enough. */
void *allocate(size_t size);
/* A block of the host whose pieces are all free goes back to it (INT 31h AX=0502h). */
void release(void *piece);

#endif
