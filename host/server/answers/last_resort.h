/* last_resort.h: what a caller hears when Lua can't answer. */
#ifndef HS_LAST_RESORT_H
#define HS_LAST_RESORT_H

#include "lib/form.h"

/* The document that asks for a message, with absolute URLs when `server_url`
 * is set, in the given language ("" or an unknown one: English). NULL when
 * memory ran out; free() it. */
char *hs_last_resort_new(const char *server_url, const char *language);
/* Choose the document for this moment of the call; `voicemail` was made by the
 * function above for that language. Never NULL. */
const char *hs_last_resort_pick(const char *voicemail, const char *language,
                                const struct hs_form *params,
                                const struct hs_form *query);

#endif
