/* SPDX-License-Identifier: MIT */
/* Keys that say where vCPUs run. */
#include "cpuset.h"
#include "draft.h"

static uint64_t cpuset_of(struct draft *d, const struct config_setting *s,
                          const struct config_value *v)
{
    const char *why;
    uint64_t set;

    if (cpuset_read(v->string, &set, &why))
        return set;
    config_say(d->report, CONFIG_ERROR, &v->at, "%s: \"%.40s\" %s", s->key,
               v->string, why);
    return 0;
}

void draft_place(struct draft *d, const struct config_setting *s,
                 uint64_t sets[CONFIG_VCPUS_MAX])
{
    const struct config_value *v = s->value;
    unsigned i = 0;

    if (v->type == CONFIG_STRING) {
        uint64_t set = cpuset_of(d, s, v);

        for (; i < CONFIG_VCPUS_MAX; i++)
            sets[i] = set;
    } else if (v->type == CONFIG_LIST) {
        for (v = v->items; v && i < CONFIG_VCPUS_MAX; v = v->next)
            sets[i++] = cpuset_of(d, s, v);
        if (v)
            draft_complain(d, s, "more sets than a domain can have vCPUs");
    } else {
        draft_complain(d, s,
                       "a set like \"0-3,^2\" is wanted here, or a list "
                       "with one for each vCPU");
    }
}
