/* Which names would pass for the registry's own. */
#include "domain/actor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs the above. */
#include <cmocka.h>

static void what_reads_like_one_of_the_registrys_own_names_is_reserved(void **state) {
  (void)state;
  static const char *const reserved[] = {
      "clock",      "local",       "-",           "Clock",       "LOCAL",         " local", "clock ", "\u3000clock",
      "ｃｌｏｃｋ", "clo\u200bck", "c\u00adlock", "\u202elocal", "lo\u200dcal\n", "－",     "clocK"};
  static const char *const free[] = {"clockwork", "the clock", "locale", "c lock", "--", "otto", "クロック", ""};
  for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++) {
    if (!actor_reserved(reserved[i])) {
      fail_msg("%s", reserved[i]);
    }
  }
  for (size_t i = 0; i < sizeof free / sizeof free[0]; i++) {
    if (actor_reserved(free[i])) {
      fail_msg("%s", free[i]);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_reads_like_one_of_the_registrys_own_names_is_reserved),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
