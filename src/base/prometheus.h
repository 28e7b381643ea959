/* The text format of Prometheus, version 0.0.4. */
#ifndef ENTENTE_BASE_PROMETHEUS_H
#define ENTENTE_BASE_PROMETHEUS_H

struct text;

/* What comes before the samples of a metric. `help` has no line break and no backslash. */
void prometheus_head(struct text *out, const char *name, const char *type, const char *help);
/* A metric of one sample, with what comes before it. */
void prometheus_add(struct text *out, const char *name, const char *type, const char *help, double value);

#endif
