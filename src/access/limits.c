/* A call is counted on its head, once its caller is known, and before anything is read or written. Somebody without a
 * token is counted by address, somebody with one by that token: an office behind one address shares no allowance with
 * its own programs. Where nobody needs to be known everybody is counted by address, since what is left would tell who
 * is. Attempts with credentials that are refused have an allowance by address too. What follows its end
 * is 429 instead of 401 for what would be refused anyway, so a valid token goes on working from there: nobody can lock
 * out a neighbour, and nobody guesses 190 random bits.
 *
 * Addresses, which strangers choose, and tokens, which they do not, lie in tables of their own. */
#include "access/limits.h"

#include "base/clock.h"
#include "base/limiter.h"
#include "base/memory.h"
#include "base/network.h"
#include "base/prometheus.h"
#include "base/text.h"
#include "request/answer.h"
#include "request/call.h"
#include "request/principal.h"
#include "request/services.h"

#include <stdatomic.h>
#include <string.h>

enum { ADDRESSES = 1 << 15, TOKENS = 1 << 12 };

enum limit { LIMIT_ADDRESS, LIMIT_ADDRESS_WRITES, LIMIT_SIGN_IN, LIMIT_TOKEN, LIMIT_TOKEN_WRITES, LIMITS };

static const char *const names[LIMITS] = {"address", "address-writes", "sign-in", "token", "token-writes"};
static const char *const too_many[LIMITS] = {
    "requests without a token from this address", "writes without a token from this address",
    "attempts with a token that is refused from this address", "requests with this token", "writes with this token"};

struct limits {
  struct limiter *limiters[LIMITS];
  _Atomic int64_t refused[LIMITS];
};

struct limits *limits_new(const void *parent) {
  struct limits *limits = memory_new(parent, struct limits);
  for (int i = 0; i < LIMITS; i++) {
    limits->limiters[i] = limiter_new(limits, i < LIMIT_TOKEN ? ADDRESSES : TOKENS);
  }
  return limits;
}

/* The fields of draft-ietf-httpapi-ratelimit-headers: what is left, and in how many seconds all of it is there again,
 * or, when nothing is, the next one, so that it agrees with Retry-After. */
static void tell(struct call *call, enum limit limit, unsigned per_minute, const struct allowance *allowance,
                 int64_t seconds) {
  const char *left = call->limits_left, *policy = call->limits_policy;
  call->limits_left =
      memory_print(call->memory, "%s%s\"%s\";r=%lld;t=%lld", left == NULL ? "" : left, left == NULL ? "" : ", ",
                   names[limit], (long long)allowance->left, (long long)seconds);
  call->limits_policy = memory_print(call->memory, "%s%s\"%s\";q=%u;w=60", policy == NULL ? "" : policy,
                                     policy == NULL ? "" : ", ", names[limit], per_minute);
}

/* Takes one from the allowance of that key; 0 a minute is without limit. */
static bool take(struct call *call, enum limit limit, const void *key, size_t size, unsigned per_minute) {
  if (per_minute == 0) {
    return true;
  }
  struct limits *limits = call->services->limits;
  struct allowance allowance = limiter_take(limits->limiters[limit], key, size, per_minute, clock_monotonic_ns());
  int64_t seconds = (allowance.wait_ns + 999999999) / 1000000000;
  tell(call, limit, per_minute, &allowance, seconds);
  if (!allowance.taken) {
    atomic_fetch_add_explicit(&limits->refused[limit], 1, memory_order_relaxed);
    answer_problem(call, "too-many-requests", "%s: %u a minute; the next one in %lld s", too_many[limit], per_minute,
                   (long long)seconds);
    answer_header(call, "Retry-After", memory_print(call->memory, "%lld", (long long)seconds));
  }
  return allowance.taken;
}

static bool is_counted(const struct call *call) {
  return !call->request->trusted && (call->operation == NULL || !call->operation->unlimited);
}

static bool is_write(const struct call *call) {
  return call->operation != NULL && strcmp(call->operation->method, "GET") != 0;
}

static bool is_by_token(const struct call *call) {
  return call->principal.role != ROLE_NONE && call->operation != NULL && call->operation->role != ROLE_NONE;
}

static unsigned quota(const struct quota *own, unsigned of_all) {
  return own->set ? own->per_minute : of_all;
}

bool limits_count_holder(struct call *call, const struct principal *holder) {
  const struct service_options *most = &call->services->options;
  return take(call, LIMIT_TOKEN, holder->id, strlen(holder->id), quota(&holder->requests, most->token_requests)) &&
         (!is_write(call) ||
          take(call, LIMIT_TOKEN_WRITES, holder->id, strlen(holder->id), quota(&holder->writes, most->token_writes)));
}

bool limits_count(struct call *call) {
  const struct service_options *most = &call->services->options;
  unsigned char client[NETWORK_CLIENT_SIZE];
  if (!is_counted(call)) {
    return true;
  }
  if (is_by_token(call)) {
    return limits_count_holder(call, &call->principal);
  }
  return !network_client(call->request->peer, client) ||
         (take(call, LIMIT_ADDRESS, client, sizeof client, most->address_requests) &&
          (!is_write(call) || take(call, LIMIT_ADDRESS_WRITES, client, sizeof client, most->address_writes)));
}

bool limits_count_refused(struct call *call) {
  unsigned char client[NETWORK_CLIENT_SIZE];
  return call->request->trusted || !network_client(call->request->peer, client) ||
         take(call, LIMIT_SIGN_IN, client, sizeof client, call->services->options.sign_in_failures);
}

void limits_add_metrics(const struct limits *limits, struct text *out) {
  prometheus_head(out, "entente_limited_total", "counter", "Requests refused with 429, by limit.");
  for (int i = 0; i < LIMITS; i++) {
    text_addf(out, "entente_limited_total{limit=\"%s\"} %lld\n", names[i], (long long)atomic_load(&limits->refused[i]));
  }
}
