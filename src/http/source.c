/* Bytes that are there already are sent as they are, or compressed when that is smaller; what comes from elsewhere has
 * a file of its own. */
#include "base/blob.h"
#include "http/exchange.h"
#include "request/request.h"

#include <string.h>
#include <zlib.h>

enum { COMPRESS_FROM = 1024 };

static void drop_blob(void *blob) {
  blob_drop(blob);
}

static bool compressible(const struct reply *reply) {
  return reply->content_type != NULL && reply->file == NULL && reply->body != NULL &&
         reply->body->size >= COMPRESS_FROM && strncmp(reply->content_type, "application/vnd", 15) != 0;
}

/* The body in gzip form (RFC 1952), or NULL when that is not smaller. */
static struct blob *compress_body(const struct blob *body) {
  z_stream stream = {0};
  if (deflateInit2(&stream, 2, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    return NULL;
  }
  struct blob *packed = blob_new(NULL, body->size);
  stream.next_in = (unsigned char *)body->data;
  stream.avail_in = (unsigned)body->size;
  stream.next_out = (unsigned char *)packed->data;
  stream.avail_out = (unsigned)body->size;
  int code = deflate(&stream, Z_FINISH);
  packed->size = stream.total_out;
  deflateEnd(&stream);
  if (code != Z_STREAM_END) {
    blob_drop(packed);
    return NULL;
  }
  return packed;
}

/* -- opening ------------------------------------------------------------------------------------------------------- */

static struct MHD_Response *from_blob(struct blob *blob, size_t *size) {
  static char nothing[1];
  *size = blob == NULL ? 0 : blob->size;
  if (blob == NULL) {
    return MHD_create_response_from_buffer(0, nothing, MHD_RESPMEM_PERSISTENT);
  }
  return MHD_create_response_from_buffer_with_free_callback_cls(blob->size, blob->data, drop_blob, blob_keep(blob));
}

static struct MHD_Response *open_bytes(struct exchange *exchange, const struct reply *reply, struct source *source) {
  struct blob *smaller = exchange->gzip && compressible(reply) ? compress_body(reply->body) : NULL;
  source->packed = smaller != NULL;
  struct MHD_Response *response = from_blob(smaller != NULL ? smaller : reply->body, &source->size);
  blob_drop(smaller);
  return response;
}

bool source_open(struct exchange *exchange, const struct reply *reply, struct source *source) {
  source->response = reply->follower != NULL ? stream_response(exchange)
                     : reply->chunks != NULL ? download_response(exchange, &source->packed)
                     : reply->file != NULL   ? file_response(exchange, reply->file, &source->size)
                                             : open_bytes(exchange, reply, source);
  return source->response != NULL;
}
