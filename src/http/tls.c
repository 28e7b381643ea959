/* The certificate chain and the private key that handshakes use. A pair is read and looked over as a whole, and never
 * changes afterwards; reading anew puts another in its place. Each connection holds the pair that was there when it
 * came, so an old one goes with the last connection that uses it. libmicrohttpd drives the handshake; GnuTLS asks here
 * for the pair. */
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/secret.h"
#include "http/connection.h"
#include "http/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHAIN_MOST = 16, FILE_MOST = 1024 * 1024, KEY_ID_MOST = 64 };

/* What browsers of the last ten years speak: a fresh key for each connection, and ciphers that authenticate. */
static const char priorities[] = "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:-DHE-RSA:-CIPHER-ALL:+AES-256-GCM:"
                                 "+CHACHA20-POLY1305:+AES-128-GCM:-MAC-ALL:+AEAD";

struct tls_pair {
  gnutls_pcert_st chain[CHAIN_MOST];
  unsigned length;
  gnutls_privkey_t key; /* NULL until it is read */
  int64_t ends_ms;      /* the last instant at which it is valid; 0: not known */
  int holders;          /* under tls->lock */
};

struct tls {
  const char *cert_path, *key_path;
  pthread_mutex_t lock;
  struct tls_pair *pair;
};

/* -- reading ------------------------------------------------------------------------------------------------------- */

static int free_pair(struct tls_pair *pair) {
  for (unsigned i = 0; i < pair->length; i++) {
    gnutls_pcert_deinit(&pair->chain[i]);
  }
  gnutls_privkey_deinit(pair->key);
  return 0;
}

/* A file that can be read to its end without waiting for anybody: the end of a pipe may never come. */
static int open_file(const char *path, struct error *error) {
  struct stat file;
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0 || fstat(fd, &file) != 0) {
    error_set(error, "%s: %s", path, strerror(errno));
  } else if (!S_ISREG(file.st_mode)) {
    error_set(error, "%s: %s", path, S_ISDIR(file.st_mode) ? strerror(EISDIR) : "not a regular file");
  } else {
    return fd;
  }
  if (fd >= 0) {
    close(fd);
  }
  return -1;
}

/* The file's bytes, which are wiped when they are freed. NULL with the reason. There is room for one byte more than a
 * file may have, which tells of one that is larger. */
static char *read_pem(const void *parent, const char *path, gnutls_datum_t *out, struct error *error) {
  char *bytes = secret_guard(memory_array(parent, char, FILE_MOST + 1));
  int fd = open_file(path, error);
  if (fd < 0) {
    return NULL;
  }
  ssize_t got, size = 0;
  while ((got = read(fd, bytes + size, FILE_MOST + 1 - (size_t)size)) > 0) {
    size += got;
  }
  if (got < 0) {
    error_set(error, "%s: %s", path, strerror(errno));
  } else if (size > FILE_MOST) {
    error_set(error, "%s: a PEM file may have 1 MiB", path);
  }
  close(fd);
  *out = (gnutls_datum_t){.data = (unsigned char *)bytes, .size = (unsigned)size};
  return got < 0 || size > FILE_MOST ? NULL : bytes;
}

static bool read_chain(const void *memory, struct tls_pair *pair, const char *path, struct error *error) {
  gnutls_datum_t pem;
  if (read_pem(memory, path, &pem, error) == NULL) {
    return false;
  }
  unsigned count = CHAIN_MOST;
  int code = gnutls_pcert_list_import_x509_raw(pair->chain, &count, &pem, GNUTLS_X509_FMT_PEM,
                                               GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED);
  if (code == GNUTLS_E_SHORT_MEMORY_BUFFER) {
    return error_set(error, "%s: a file may have %d certificates", path, CHAIN_MOST);
  }
  if (code < 0) {
    return error_set(error, "%s: no certificate in PEM form can be read: %s", path, gnutls_strerror(code));
  }
  pair->length = count;
  return true;
}

static bool read_key(const void *memory, struct tls_pair *pair, const char *path, struct error *error) {
  gnutls_datum_t pem;
  if (read_pem(memory, path, &pem, error) == NULL) {
    return false;
  }
  int code = gnutls_privkey_init(&pair->key);
  if (code >= 0) {
    code = gnutls_privkey_import_x509_raw(pair->key, &pem, GNUTLS_X509_FMT_PEM, NULL, 0);
  }
  if (code == GNUTLS_E_DECRYPTION_FAILED) {
    return error_set(error, "%s: the key is encrypted; use a key without a passphrase", path);
  }
  return code >= 0 || error_set(error, "%s: no private key in PEM form can be read: %s", path, gnutls_strerror(code));
}

/* Whether the key is that of the chain's first certificate. */
static bool fits(const struct tls_pair *pair) {
  unsigned char of_key[KEY_ID_MOST], of_chain[KEY_ID_MOST];
  size_t key_size = sizeof of_key, chain_size = sizeof of_chain;
  gnutls_pubkey_t public;
  if (gnutls_pubkey_init(&public) < 0) {
    return false;
  }
  bool same = gnutls_pubkey_import_privkey(public, pair->key, 0, 0) >= 0 &&
              gnutls_pubkey_get_key_id(public, GNUTLS_KEYID_USE_SHA256, of_key, &key_size) >= 0 &&
              gnutls_pubkey_get_key_id(pair->chain[0].pubkey, GNUTLS_KEYID_USE_SHA256, of_chain, &chain_size) >= 0 &&
              key_size == chain_size && memcmp(of_key, of_chain, key_size) == 0;
  gnutls_pubkey_deinit(public);
  return same;
}

/* What is no reason to refuse a pair, but to tell of. */
static void look_over(const struct tls *tls, struct tls_pair *pair) {
  struct stat file;
  if (stat(tls->key_path, &file) == 0 && (file.st_mode & (S_IROTH | S_IWOTH)) != 0) {
    log_line(LOG_WARN, "%s: everybody on this machine can read the private key", tls->key_path);
  }
  gnutls_x509_crt_t certificate;
  if (gnutls_pcert_export_x509(&pair->chain[0], &certificate) < 0) {
    return;
  }
  int64_t begins = gnutls_x509_crt_get_activation_time(certificate) * 1000LL;
  int64_t ends = gnutls_x509_crt_get_expiration_time(certificate) * 1000LL;
  gnutls_x509_crt_deinit(certificate);
  pair->ends_ms = ends;
  char begun[CLOCK_TIMESTAMP_SIZE], ended[CLOCK_TIMESTAMP_SIZE];
  clock_timestamp(begins, begun);
  clock_timestamp(ends, ended);
  bool valid = begins <= clock_now_ms() && clock_now_ms() < ends;
  log_line(valid ? LOG_INFO : LOG_WARN, "%s: the certificate is valid from %s to %s", tls->cert_path, begun, ended);
}

static bool fill_pair(const struct tls *tls, struct tls_pair *pair, struct error *error) {
  void *memory = talloc_new(NULL);
  bool read = read_chain(memory, pair, tls->cert_path, error) && read_key(memory, pair, tls->key_path, error);
  talloc_free(memory);
  return read && (fits(pair) || error_set(error, "%s: the key is not the one of the first certificate in %s",
                                          tls->key_path, tls->cert_path));
}

static struct tls_pair *read_pair(const struct tls *tls, struct error *error) {
  struct tls_pair *pair = memory_new(NULL, struct tls_pair);
  talloc_set_destructor(pair, free_pair);
  pair->holders = 1;
  if (!fill_pair(tls, pair, error)) {
    talloc_free(pair);
    return NULL;
  }
  look_over(tls, pair);
  return pair;
}

/* -- holding ------------------------------------------------------------------------------------------------------- */

struct tls_pair *tls_hold(struct tls *tls) {
  pthread_mutex_lock(&tls->lock);
  struct tls_pair *pair = tls->pair;
  pair->holders++;
  pthread_mutex_unlock(&tls->lock);
  return pair;
}

void tls_drop(struct tls *tls, struct tls_pair *pair) {
  pthread_mutex_lock(&tls->lock);
  bool last = --pair->holders == 0;
  pthread_mutex_unlock(&tls->lock);
  if (last) {
    talloc_free(pair);
  }
}

static int close_tls(struct tls *tls) {
  if (tls->pair != NULL) {
    tls_drop(tls, tls->pair);
  }
  pthread_mutex_destroy(&tls->lock);
  return 0;
}

struct tls *tls_open(const void *parent, const char *cert_path, const char *key_path, struct error *error) {
  if (MHD_is_feature_supported(MHD_FEATURE_HTTPS_CERT_CALLBACK) != MHD_YES) {
    error_set(error, "this libmicrohttpd was built without TLS");
    return NULL;
  }
  struct tls *tls = memory_new(parent, struct tls);
  tls->cert_path = cert_path;
  tls->key_path = key_path;
  pthread_mutex_init(&tls->lock, NULL);
  talloc_set_destructor(tls, close_tls);
  tls->pair = read_pair(tls, error);
  if (tls->pair == NULL) {
    talloc_free(tls);
    return NULL;
  }
  return tls;
}

bool tls_reload(struct tls *tls, struct error *error) {
  struct tls_pair *fresh = read_pair(tls, error);
  if (fresh == NULL) {
    return false;
  }
  pthread_mutex_lock(&tls->lock);
  struct tls_pair *old = tls->pair;
  tls->pair = fresh;
  pthread_mutex_unlock(&tls->lock);
  tls_drop(tls, old);
  return true;
}

int64_t tls_ends(struct tls *tls) {
  pthread_mutex_lock(&tls->lock);
  int64_t ends = tls->pair->ends_ms;
  pthread_mutex_unlock(&tls->lock);
  return ends;
}

const char *server_tls_library(void) {
  return gnutls_check_version(NULL);
}

/* -- in a connection ----------------------------------------------------------------------------------------------- */

/* GnuTLS asks, in the middle of a handshake; what it is given stays ours. */
static int choose(gnutls_session_t session, const gnutls_datum_t *authorities, int authority_count,
                  const gnutls_pk_algorithm_t *algorithms, int algorithm_count, gnutls_pcert_st **chain,
                  unsigned *length, gnutls_privkey_t *key) {
  (void)authorities;
  (void)authority_count;
  (void)algorithms;
  (void)algorithm_count;
  const struct connection *connection = gnutls_transport_get_ptr(session);
  *chain = connection->pair->chain;
  *length = connection->pair->length;
  *key = connection->pair->key;
  return 0;
}

static ssize_t pull(gnutls_transport_ptr_t pointer, void *bytes, size_t size) {
  const struct connection *connection = pointer;
  ssize_t got = recv(connection->fd, bytes, size, 0);
  connection->listener->moved = connection->listener->moved || got >= 0;
  return got;
}

static ssize_t push(gnutls_transport_ptr_t pointer, const giovec_t *chunks, int count) {
  const struct connection *connection = pointer;
  struct msghdr message = {.msg_iov = (struct iovec *)chunks, .msg_iovlen = (size_t)count};
  ssize_t sent = sendmsg(connection->fd, &message, MSG_NOSIGNAL);
  connection->listener->moved = connection->listener->moved || sent > 0;
  return sent;
}

void tls_accompany(struct MHD_Connection *handle, struct connection *connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(handle, MHD_CONNECTION_INFO_GNUTLS_SESSION);
  if (info != NULL && info->tls_session != NULL) {
    gnutls_session_t session = info->tls_session;
    gnutls_transport_set_ptr(session, connection);
    gnutls_transport_set_pull_function(session, pull);
    gnutls_transport_set_vec_push_function(session, push);
  }
}

void tls_options(const struct tls *tls, struct MHD_OptionItem out[TLS_OPTIONS]) {
  int count = 0;
  if (tls != NULL) {
    out[count++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)priorities};
    out[count++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_CERT_CALLBACK, 0, (void *)choose};
  }
  out[count] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
}

bool tls_send_last(struct MHD_Connection *handle, const void *bytes, size_t size) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(handle, MHD_CONNECTION_INFO_GNUTLS_SESSION);
  if (info == NULL || info->tls_session == NULL) {
    return false;
  }
  gnutls_session_t session = info->tls_session;
  if (gnutls_record_send(session, bytes, size) >= 0) {
    (void)gnutls_bye(session, GNUTLS_SHUT_WR);
  }
  return true;
}
