/* A file without a name: nobody else can open it, and it is gone with its descriptor. */
#ifndef ENTENTE_BASE_NAMELESS_H
#define ENTENTE_BASE_NAMELESS_H

/* Makes one in `folder`, to be read and written. Its descriptor; -1, with errno, when there can be none. */
int nameless_file(const char *folder);

#endif
