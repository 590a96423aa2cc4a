/* place.h: Twilio's regions and edges. */
#ifndef HS_PLACE_H
#define HS_PLACE_H

#include "base/config/config.h"
#include "base/err.h"

/* Complete a region with its own edge if none is set, and put both into the
 * host of twilio_api_base_url if that is Twilio's. Before other threads read
 * the configuration. 0, or -1 with `err`. */
int hs_place_apply(struct hs_config *config, struct hs_error *err);
/* Is this base URL Twilio's, in any region? */
int hs_is_twilio_url(const char *url);

#endif
