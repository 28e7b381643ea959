/* FNV-1a, 64 bits: for tables in memory and for telling apart what was asked, never against somebody who wants two
 * texts to agree. */
#ifndef ENTENTE_BASE_HASH_H
#define ENTENTE_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_START 14695981039346656037ULL

/* The hash of what `hash` stands for, followed by the bytes. */
uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size);
/* The same for a text and its end, so that "ab", "c" is not "a", "bc". */
uint64_t hash_text(uint64_t hash, const char *text);
uint64_t hash_number(uint64_t hash, uint64_t number);

#endif
