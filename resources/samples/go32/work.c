/* work: a load for measuring. Text is made up, compressed, unpacked and compared, so many rounds.
 *
 * `work ROUNDS`; one round is about 1.6 million instructions. The function `work` calls nothing outside of this file:
 * `python -m tests.bench workload` also runs it, the same machine code, without DOS and host.
 */

#include "check.h"
#include "print.h"

#include <stdint.h>

enum { SIZE = 20000, ROOM = SIZE + SIZE / 8 + 16, WINDOW = 4096, SHORTEST = 3, LONGEST = SHORTEST + 15, HASHES = 4096 };

static uint8_t text[SIZE], packed[ROOM], unpacked[SIZE];
static uint16_t last_place[HASHES];
static uint32_t table[256];

static const char words[] = "the client calls real mode and real mode calls the client on a locked stack again ";

/* Words of that line in a random order, and a random letter now and then. */
static void make_text(uint32_t seed)
{
    uint32_t at = 0;
    while (at < SIZE) {
        seed = seed * 1664525 + 1013904223;
        uint32_t from = (seed >> 16) % (sizeof words - 1);
        do
            text[at++] = words[from++];
        while (at < SIZE && words[from] && words[from - 1] != ' ');
        if (!(seed >> 28) && at < SIZE)
            text[at++] = 'a' + (seed >> 8) % 26;
    }
}

static uint32_t hash(uint32_t at) { return (text[at] << 8 ^ text[at + 1] << 4 ^ text[at + 2]) % HASHES; }

/* LZSS: flags for eight items, then each item: a letter, or 12 bits of distance and 4 of length. The bytes made. */
static uint32_t compress(void)
{
    uint32_t made = 0, flags = 0, items = 8;
    for (uint32_t i = 0; i < HASHES; i++)
        last_place[i] = 0;
    for (uint32_t at = 0; at < SIZE;) {
        if (items == 8) {
            items = 0;
            flags = made++;
            packed[flags] = 0;
        }
        uint32_t length = 0, from = 0;
        if (at + SHORTEST <= SIZE) {
            uint32_t key = hash(at);
            from = last_place[key];
            last_place[key] = at;
            if (from < at && at - from < WINDOW)
                while (length < LONGEST && at + length < SIZE && text[from + length] == text[at + length])
                    length++;
        }
        if (length >= SHORTEST) {
            uint32_t distance = at - from;
            packed[flags] |= 1 << items;
            packed[made++] = distance;
            packed[made++] = distance >> 8 << 4 | (length - SHORTEST);
            at += length;
        } else {
            packed[made++] = text[at++];
        }
        items++;
    }
    return made;
}

static void unpack(uint32_t size)
{
    uint32_t at = 0, flags = 0, items = 8;
    for (uint32_t from = 0; from < size; items++) {
        if (items == 8) {
            items = 0;
            flags = packed[from++];
        }
        if (flags >> items & 1) {
            uint32_t distance = packed[from] | packed[from + 1] >> 4 << 8;
            uint32_t length = (packed[from + 1] & 15) + SHORTEST;
            from += 2;
            for (; length; length--, at++)
                unpacked[at] = unpacked[at - distance];
        } else {
            unpacked[at++] = packed[from++];
        }
    }
}

/* CRC-32, as in ZIP files. */
static uint32_t checksum(uint32_t crc, const uint8_t *data, uint32_t size)
{
    for (crc = ~crc; size; size--)
        crc = crc >> 8 ^ table[(crc ^ *data++) & 0xFF];
    return ~crc;
}

/* The checksum of all that was packed; 0 if anything came out differently. */
uint32_t work(uint32_t rounds)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < 256; i++) {
        table[i] = i;
        for (int bit = 0; bit < 8; bit++)
            table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0xEDB88320 : 0);
    }
    for (uint32_t round = 0; round < rounds; round++) {
        make_text(round);
        uint32_t size = compress();
        sum = checksum(sum, packed, size);
        unpack(size);
        if (checksum(0, text, SIZE) != checksum(0, unpacked, SIZE))
            return 0;
    }
    return sum;
}

static uint32_t number(const char *digits)
{
    uint32_t value = 0;
    for (; *digits >= '0' && *digits <= '9'; digits++)
        value = value * 10 + *digits - '0';
    return value;
}

int main(int count, char **arguments)
{
    uint32_t rounds = count > 1 ? number(arguments[1]) : 1;
    uint32_t sum = work(rounds);
    print("%u rounds, checksum %08X\n", rounds, sum);
    return !rounds || !sum;
}
