/* The contract: openapi.yaml, compiled once at start into the plain structs below, which never change afterwards and
 * are safe to read from any thread. All pointers live as long as the contract. The x- keys are explained in
 * docs/design/contract.md. */
#ifndef ENTENTE_CONTRACT_CONTRACT_H
#define ENTENTE_CONTRACT_CONTRACT_H

#include "base/error.h"
#include "contract/faults.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct uri;
struct router;

/* A `format` that the contract may name, and how a value of it is recognised. `expected` completes "must be …". */
struct format {
  const char *name;
  bool (*valid)(const char *text, size_t length);
  const char *expected;
};

enum kind {
  KIND_NULL = 1,
  KIND_BOOLEAN = 2,
  KIND_INTEGER = 4,
  KIND_NUMBER = 8,
  KIND_STRING = 16,
  KIND_ARRAY = 32,
  KIND_OBJECT = 64
};

/* Whether lists and /v1/search find a record by what a member says. */
enum searched {
  SEARCHED_NOT,
  SEARCHED,     /* x-search: true; in a reference: by the names of the record that it leads to */
  SEARCHED_NAME /* x-search: name; it is a name of the record */
};

/* What of its white space a text keeps (schema_tidy). */
enum text_form {
  TEXT_LINE,    /* single spaces between words */
  TEXT_LINES,   /* x-text: lines; line breaks, too */
  TEXT_VERBATIM /* x-text: verbatim; all of it */
};

struct member;

struct schema {
  const char *name; /* of the component, or NULL */
  unsigned kinds;   /* what JSON types are allowed: enum kind, or-ed */
  const struct format *format;
  const char *pattern;       /* a POSIX extended regular expression that is ECMA-262 too, or NULL */
  void *pattern_code;        /* its compiled form */
  const char *const *values; /* enum: ended by NULL, or NULL */
  int64_t minimum, maximum;
  size_t min_length, max_length; /* in characters; SIZE_MAX when open */
  size_t min_items, max_items;
  bool unique_items;
  const struct schema *items;
  const struct member *members; /* of an object, in the order of the contract */
  size_t member_count;
  bool open;                   /* additionalProperties: anything goes besides `members` */
  const json_t *default_value; /* or NULL */
  const char *reference;       /* x-reference: the resource's path, or NULL */
  const char *shorthand;       /* x-shorthand, or NULL */
  const json_t *inverse;       /* x-inverse: {own type: served type}, or NULL */
  enum text_form text;         /* x-text */
};

struct member {
  const char *name;
  const char *description; /* or NULL */
  const struct schema *schema;
  bool required; /* in a body */
  bool read_only;
  bool internal;
  const char *public_value; /* x-public: with this value the record is public; or NULL */
  bool stored;              /* false: x-stored: false */
  const char *column; /* x-column, or the member's own name; the parent's column and `_` come before it in an object */
  const char *table;  /* x-table, or NULL */
  const char *filter; /* the query parameter that filters by it, or NULL: what is usual for such a member */
  bool unfiltered;    /* x-filter: false */
  const char *filter_kind; /* x-filter-kind, or NULL */
  const json_t *also;      /* x-filter-also: [name], or NULL */
  const char *above;       /* x-above: the type that says so, "" when there are no types; NULL: not above */
  bool sortable;
  const char *sort_column; /* x-sort-column: the column that has the order, where that is not its own; or NULL */
  enum searched searched;
};

/* What is asked of a value: `kind=mou`, `ends_on__lte=2027`, `party__under=itri` … */
enum filter_operator {
  OPERATOR_IS,     /* it is any of those given */
  OPERATOR_NE,     /* it is none of them; what is not known is none of them */
  OPERATOR_LT,     /* it comes before … */
  OPERATOR_LTE,    /* … or is that */
  OPERATOR_GT,     /* it comes after … */
  OPERATOR_GTE,    /* … or is that; what is not known neither comes before nor after anything */
  OPERATOR_ISNULL, /* it is not known; of a list: there is nothing in it */
  OPERATOR_UNDER,  /* it leads to any of those given, or to one below them in the tree of their resource */
  OPERATOR_COUNT
};

struct tree;

/* A parameter by which lists of a resource can be narrowed, and where it looks. */
struct filter {
  const char *name;
  const struct schema *schema; /* of one value; a reference takes an id or a slug */
  const struct schema *bound;  /* of what it comes before or after: days may be partial dates there */
  const char *table;           /* a table of items (its column `owner` leads back), or NULL: the resource's own */
  const char *column;      /* NULL: the record itself, for which only OPERATOR_UNDER can ask: it is below those given */
  const char *kind_column; /* values may be written `kind:value`, where the kind is in this column; or NULL */
  const struct schema *kinds; /* of such a kind, an enumeration */
  const struct tree *tree;    /* in which the records referred to stand, for OPERATOR_UNDER; or NULL */
  const char *description;    /* of the member, or NULL */
  bool internal;              /* what it looks at is x-internal: not for callers without a token */
  bool dated;                 /* the items hold from `since` to `until` only */
  unsigned operators;         /* what may be asked: 1 << enum filter_operator, or-ed */
};

/* How records of a resource stand below one another. */
struct tree {
  const struct resource *resource;
  const char *table;  /* of items, whose `owner` is below; or NULL: the resource's own */
  const char *column; /* names the one above */
  const char *type;   /* only items of this `type`; or NULL */
  bool dated;         /* only items whose `since` and `until` hold the day */
};

struct sort {
  const char *name;
  const char *column;
  bool internal; /* as of a filter */
};

/* A place from which records of a resource are referred to. */
struct referrer {
  const struct resource *resource; /* whose record refers */
  const char *member;              /* for people: "parties", "parent" … */
  const char *table;               /* the table of items, with `owner`; or NULL: the referring resource's own table */
  const char *column;
  bool mirrored; /* the record referred to serves the relation too (x-inverse beside it) */
};

struct resource {
  const char *path;   /* organizations */
  const char *prefix; /* org */
  const char *table;
  const char *view;
  const char *name;               /* the member that names a record: name, title */
  const char *search;             /* what its tables of searched text are named by, or NULL: it is not searched */
  const struct member *public_by; /* x-public: a record is public when this has its public_value; NULL: all are */
  const struct schema *schema;
  const struct filter *filters;
  size_t filter_count;
  const struct sort *sorts;
  size_t sort_count;
  const struct tree *tree; /* or NULL */
  const struct referrer *referrers;
  size_t referrer_count;
  size_t index;              /* 0 … contract.resource_count - 1 */
  const struct rules *rules; /* what the registry asks of its records besides (records/change.h), or NULL */
};

/* Each may do what those before it may, from ROLE_READER on. Two stand apart (caller.c): ROLE_FEED opens what carries
 * its token in the address, which nobody else does, and nothing else; ROLE_METRICS what is for it and for those after
 * it. */
enum role { ROLE_NONE, ROLE_FEED, ROLE_METRICS, ROLE_READER, ROLE_EDITOR, ROLE_ADMIN };

/* A query parameter or a header that the operation declares (filters come from its resource, for handlers that list).
 */
struct parameter {
  const char *name;
  const struct schema *schema;
  bool required;
  bool exploded;            /* of an array: each item is a pair of its own; otherwise commas part the items of one */
  const char *default_text; /* the default as it would stand in a query, or NULL */
};

struct operation {
  const char *id;     /* operationId */
  const char *method; /* GET, POST … */
  const char *path;   /* /v1/agreements/{id} */
  const char *handler;
  enum role role;
  bool open; /* x-public: callers without a token may call it too, where the server allows that, and see what is public
              */
  const struct resource *resource; /* or NULL */
  bool filtered;                   /* takes the filters of its resource: x-filtered: true */
  const struct parameter *parameters;
  size_t parameter_count;
  const struct parameter *headers; /* of the request, that the operation declares */
  size_t header_count;
  const struct schema *body;      /* of its JSON media types, or NULL */
  const char *const *media_types; /* that a body may have, ended by NULL; NULL when it takes no body */
  bool body_required;
  const char *const *answer_types; /* that a successful answer may have, ended by NULL; NULL when it has no body */
  size_t body_limit;               /* bytes; 0: the server's default */
  size_t local_body_limit;         /* … on the socket beside the database; 0: no other */
  bool unlimited;                  /* is answered whatever the limits, and not counted: x-unlimited: true */
  size_t index;                    /* 0 … contract.operation_count - 1 */
};

struct contract {
  const struct operation *operations;
  size_t operation_count;
  struct resource *resources;
  size_t resource_count;
  const char *version;         /* info.version */
  const json_t *document;      /* the whole, as JSON, with the filters of each list written out as parameters */
  const struct router *router; /* what contract_route looks into */
};

/* Compiles the contract. `formats` ends with a row whose name is NULL. Every $ref inside `#/components` is resolved.
 * Refuses what it does not understand (an unknown format, keyword or x- key; a handler-less operation; a $ref to
 * nowhere), naming the place. Freed with contract_free. */
struct contract *contract_load(const char *yaml, size_t size, const struct format *formats, struct error *error);
void contract_free(struct contract *contract);

const struct resource *contract_resource(const struct contract *contract, const char *path);

enum { ROUTE_VARIABLES = 4 };

struct route {
  const struct operation *operation;   /* NULL when nothing matches the method */
  const char *values[ROUTE_VARIABLES]; /* of the path's {…}, in order; borrowed from the uri */
  char allowed[64];                    /* "GET, HEAD, OPTIONS": what the path takes; "" when there is no such path */
};

/* Finds the operation. HEAD finds GET's; a literal segment goes before a variable. OPTIONS finds none, but `allowed`.
 */
void contract_route(const struct contract *contract, const char *method, const struct uri *uri, struct route *route);

/* Checks the query against the operation: unknown names (with the nearest known), values that don't fit, a parameter
 * given twice that takes one. What is wrong goes into `faults`, and the pairs are marked as refused. */
void contract_check_query(const struct operation *operation, struct uri *uri, struct faults *faults);

/* Checks the value of a header (NULL: absent) that the operation declares; others are nobody's concern. */
void contract_check_header(const struct operation *operation, const char *name, const char *value,
                           struct faults *faults);

/* Whether the operation declares the header. */
bool contract_takes_header(const struct operation *operation, const char *name);

/* The filter of an operation that a parameter's name stands for, alone or with `__` and what it asks; NULL when there
 * is none, or when it may not be asked that. */
const struct filter *contract_filter(const struct operation *operation, const char *name, enum filter_operator *op);
/* "lte" …, as it is written behind `__`; "" for OPERATOR_IS. */
const char *operator_name(enum filter_operator op);

/* Whether the operation declares a query parameter of that name; filters are none. */
bool contract_takes_parameter(const struct operation *operation, const char *name);

/* The value of a query parameter, but for one that was refused; its default when the contract has one, or NULL. */
const char *contract_parameter(const struct operation *operation, const struct uri *uri, const char *name);

/* The same for a parameter that takes a list: all its items with commas between them, whether they were sent so, or the
 * parameter was given several times. Owned by `parent`, or the contract's own. */
const char *contract_parameter_items(const void *parent, const struct operation *operation, const struct uri *uri,
                                     const char *name);

/* Checks a value against a schema; all faults, at their pointers, which begin with `pointer` ("" for a whole body).
 * Members that are readOnly are skipped whatever they hold. Unknown members are faults, with the nearest known name. */
void schema_check(const struct schema *schema, const json_t *value, const char *pointer, struct faults *faults);

/* Brings the values inside of an object or an array to the form in which they are kept: texts are trimmed, white space
 * inside of them is one space (characters_tidy), an empty text is null where null is taken, and 36.0 is an integer
 * where only integers are. To be called before schema_check, on a value that nobody else holds. */
void schema_tidy(const struct schema *schema, json_t *value);
/* Whether the number is an integer of 64 bits, and which. */
bool real_is_integer(double real, json_int_t *out);

/* The normal form of a value that passed schema_check: writable members only, all of them, in the contract's order,
 * null, [] or the default where absent; an item's shorthand written out; an object of nothing but nulls is null (items
 * and the top excepted); a reference is a string, its id when it has one, else its slug. A new reference. */
json_t *schema_normal(const struct schema *schema, const json_t *value);
/* The normal form of what is left of a body when every part that has a fault (schema_check) is taken out, for rules
 * that look at the rest: their faults go into `faults` too, which faults_locate has told of the body. NULL when the
 * body is no object, or when the list of faults is full. A new reference. */
json_t *schema_remainder(const struct schema *schema, const json_t *value, struct faults *faults);
/* What stands in a normal form for a member of that schema which is absent: null, [] or the default. A new reference.
 */
json_t *schema_absent(const struct schema *schema);

/* The member of that name, or NULL. */
const struct member *schema_member(const struct schema *schema, const char *name);

#endif
