/* YAML (1.2 core schema) as JSON. */
#ifndef ENTENTE_CONTRACT_YAML_H
#define ENTENTE_CONTRACT_YAML_H

#include "base/error.h"

#include <jansson.h>
#include <stddef.h>

/* The one document in these bytes, or NULL with line, column and reason. A new reference. */
json_t *yaml_read(const char *bytes, size_t size, struct error *error);

#endif
