/* Numbers are written so that they are read back as they are; whole ones up to 2^53 have no exponent that hides one. */
#include "base/prometheus.h"

#include "base/text.h"

void prometheus_head(struct text *out, const char *name, const char *type, const char *help) {
  text_addf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void prometheus_add(struct text *out, const char *name, const char *type, const char *help, double value) {
  prometheus_head(out, name, type, help);
  text_addf(out, "%s %.17g\n", name, value);
}
