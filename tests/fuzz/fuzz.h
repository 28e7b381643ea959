/* What the fuzz targets share: the program's own contract, and properties that must hold for any input. */
#ifndef ENTENTE_TESTS_FUZZ_H
#define ENTENTE_TESTS_FUZZ_H

#include "base/assets.h"
#include "base/memory.h"
#include "contract/contract.h"
#include "domain/formats.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Ends the run with a sentence when a property does not hold; libFuzzer then keeps the input. */
static inline void must(bool holds, const char *property) {
  if (!holds) {
    fprintf(stderr, "does not hold: %s\n", property);
    abort();
  }
}

/* The contract that the program serves, loaded once. */
static inline const struct contract *served_contract(void) {
  static struct contract *contract;
  if (contract == NULL) {
    struct error error = {0};
    const struct asset *file = asset_find("openapi.yaml");
    contract = contract_load(file->data, file->size, domain_formats, &error);
    must(contract != NULL, error.text);
  }
  return contract;
}

#endif
