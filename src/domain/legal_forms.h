/* Private to folding: the legal forms of tables/legal-forms.txt, which do not count when names are compared. */
#ifndef ENTENTE_DOMAIN_LEGAL_FORMS_H
#define ENTENTE_DOMAIN_LEGAL_FORMS_H

#include <stddef.h>
#include <stdint.h>

/* What the words of a form, folded and written without spaces, are. */
enum {
  FORM_ANYWHERE = 1, /* a form wherever it follows a word */
  FORM_FIRST = 2,    /* a form before all other words */
  FORM_LAST = 4,     /* a form at the end of a name */
  FORM_ALONE = 8,    /* an article */
  FORM_GOES_ON = 16  /* the first words of a longer form */
};

/* Most words and bytes of a spelling. */
enum { FORM_WORDS = 10, FORM_BYTES = 96 };

/* What those words are, as flags; 0: nothing. */
unsigned legal_form_of(const char *words, size_t length);
/* How many of the folded characters at `text` are a form that is written without spaces (株式会社); 0: they are none.
 */
size_t legal_form_at(const int32_t *text, size_t count);

#endif
