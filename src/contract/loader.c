/* What all parts of compiling the contract share: telling the place of what is not understood, and reading a node. */
#include "base/memory.h"
#include "contract/load.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void print_place(const struct place_in *at, char *out, size_t size) {
  if (!at) {
    return;
  }
  print_place(at->up, out, size);
  size_t used = strlen(out);
  if (used + 1 < size) {
    out[used++] = '/';
  }
  for (const char *key = at->key; *key && used + 2 < size; key++) {
    if (*key == '/' || *key == '~') {
      out[used++] = '~';
      out[used++] = *key == '/' ? '1' : '0';
    } else {
      out[used++] = *key;
    }
  }
  out[used] = '\0';
}

bool loader_fail(struct loader *loader, const struct place_in *at, const char *format, ...) {
  char place[256] = "";
  char reason[224];
  print_place(at, place, sizeof place);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(reason, sizeof reason, format, arguments);
  va_end(arguments);
  return error_set(loader->error, "%s: %s", *place ? place : "/", reason);
}

const json_t *loader_resolve(struct loader *loader, const struct place_in *at, const json_t *node) {
  enum { REFS_MOST = 8 };
  static const char root[] = "#/";
  for (int refs = 0; json_object_get(node, "$ref"); refs++) {
    const char *path = json_string_value(json_object_get(node, "$ref"));
    if (refs == REFS_MOST) {
      loader_fail(loader, at, "$ref goes in a circle");
      return NULL;
    }
    if (!path || strncmp(path, root, strlen(root)) != 0) {
      loader_fail(loader, at, "$ref must lead into this document");
      return NULL;
    }
    node = loader->document;
    for (const char *key = path + strlen(root); node && *key; key += *key == '/') {
      size_t length = strcspn(key, "/");
      char *name = memory_slice(loader->contract, key, length);
      node = json_object_get(node, name);
      talloc_free(name);
      key += length;
    }
    if (!node) {
      loader_fail(loader, at, "$ref leads to nothing: %s", path);
      return NULL;
    }
  }
  if (!json_is_object(node)) {
    loader_fail(loader, at, "an object is expected here");
    return NULL;
  }
  return node;
}

const char *loader_text(struct loader *loader, const struct place_in *at, const json_t *node, const char *key) {
  const char *text = json_string_value(json_object_get(node, key));
  if (!text || !*text) {
    loader_fail(loader, at, "the text `%s` is missing", key);
    return NULL;
  }
  return text;
}

bool loader_known(struct loader *loader, const struct place_in *at, const json_t *node, const char *const *known) {
  const char *key;
  json_t *value;
  json_object_foreach((json_t *)(uintptr_t)node, key, value) {
    const char *const *name = known;
    while (*name && strcmp(*name, key) != 0) {
      name++;
    }
    if (!*name) {
      return loader_fail(loader, at, "`%s` is not understood here", key);
    }
  }
  return true;
}
