/* An account that has used up its share of the disk finds it as full as one whose disk is full. */
#ifndef ENTENTE_STORE_SQLITE_QUOTA_H
#define ENTENTE_STORE_SQLITE_QUOTA_H

/* Has SQLite, which knows only ENOSPC, take EDQUOT for that: otherwise it would be a disk that failed. Once, after
 * sqlite3_config and before a database is opened. */
void quota_is_full(void);

#endif
