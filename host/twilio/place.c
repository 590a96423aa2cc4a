/* place.c: Twilio's regions and edges.
 *
 * api.twilio.com is in the region us1; the host names another region together
 * with the edge, the entry to Twilio's network: api.EDGE.REGION.twilio.com. An
 * edge alone means us1, as in Twilio's libraries. A region alone gets its own
 * edge: api.REGION.twilio.com no longer works, except for us1
 * (twilio.com/docs/global-infrastructure/api-domain-migration-guide, 2026). */
#include "twilio/place.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define FIRST_REGION "us1"

/* The edge in the region's own city (twilio.com/docs/global-infrastructure/
 * edge-locations/legacy-regions). */
static const struct {
    const char *region, *edge;
} cities[] = {
    {"au1", "sydney"},   {"br1", "sao-paulo"}, {"de1", "frankfurt"},
    {"ie1", "dublin"},   {"jp1", "tokyo"},     {"sg1", "singapore"},
    {"us2", "umatilla"},
};

/* The parts of https://PRODUCT[.EDGE][.REGION].twilio.com[:PORT][/PATH]; those
 * that are not there are empty. */
struct place {
    const char *product, *edge, *region, *rest;
    int product_len, edge_len, region_len;
};

/* 1 if it is Twilio's. */
static int take_apart(const char *url, struct place *out)
{
    static const char domain[] = ".twilio.com";
    const char *host = strstr(url, "://");
    const char *end, *labels[3] = {"", "", ""};
    int lens[3] = {0}, count = 0;

    if (!host)
        return 0;
    host += 3;
    out->rest = host + strcspn(host, ":/");
    end = out->rest - (sizeof domain - 1);
    if (end <= host || strncasecmp(end, domain, sizeof domain - 1) != 0)
        return 0;
    for (const char *at = host; at < end && count < 3; count++) {
        const char *dot = memchr(at, '.', (size_t)(end - at));

        labels[count] = at;
        lens[count] = (int)((dot ? dot : end) - at);
        at = dot ? dot + 1 : end;
    }
    out->product = labels[0];
    out->product_len = lens[0];
    out->edge = count == 3 ? labels[1] : "";
    out->edge_len = count == 3 ? lens[1] : 0;
    out->region = labels[count == 3 ? 2 : 1];
    out->region_len = lens[count == 3 ? 2 : 1];
    return 1;
}

int hs_is_twilio_url(const char *url)
{
    struct place place;

    return take_apart(url, &place);
}

/* Complete a region with its own edge if none is set. 0, or -1 and `err`. */
static int choose_edge(struct hs_config *config, struct hs_error *err)
{
    for (size_t i = 0; i < sizeof cities / sizeof cities[0]; i++) {
        if (!*config->twilio_edge &&
            strcmp(cities[i].region, config->twilio_region) == 0)
            return hs_config_put(config, "twilio_edge", strdup(cities[i].edge),
                                 NULL, err);
    }
    return 0;
}

int hs_place_apply(struct hs_config *config, struct hs_error *err)
{
    const char *url = config->twilio_api_base_url;
    struct place place;
    char *new = NULL;

    if (choose_edge(config, err) != 0)
        return -1;
    if ((!*config->twilio_region && !*config->twilio_edge) ||
        !take_apart(url, &place))
        return 0;
    if (*config->twilio_edge) {
        place.edge = config->twilio_edge;
        place.edge_len = (int)strlen(config->twilio_edge);
    }
    if (*config->twilio_region) {
        place.region = config->twilio_region;
        place.region_len = (int)strlen(config->twilio_region);
    } else if (place.region_len == 0) {
        place.region = FIRST_REGION;
        place.region_len = (int)strlen(FIRST_REGION);
    }
    if (asprintf(&new, "%.*s%.*s%s%.*s.%.*s.twilio.com%s",
                 (int)(place.product - url), url, place.product_len,
                 place.product, place.edge_len ? "." : "", place.edge_len,
                 place.edge, place.region_len, place.region, place.rest) < 0)
        new = NULL;
    return hs_config_put(config, "twilio_api_base_url", new, NULL, err);
}
