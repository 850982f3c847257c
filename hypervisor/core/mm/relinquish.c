/* SPDX-License-Identifier: MIT */
#include "mm/relinquish.h"

#include <errno.h>

#include "bug.h"
#include "domain.h"
#include "mm/alloc.h"
#include "mm/base.h"
#include "mm/descriptor.h"
#include "mm/frame.h"
#include "mm/type.h"
#include "vcpu.h"

/*
 * The next frame of d, with a reference; NULL at the end. The cursor stays
 * good when frames are freed meanwhile (alloc.c). A frame whose last
 * reference somebody else is just dropping is no longer our business.
 */
static struct frame *next_frame(struct domain *d)
{
    struct frame *f = NULL;

    spin_lock(&d->pages.lock);
    while (d->pages.cursor != FRAME_LIST_END && !f) {
        f = &d->hv->frames[d->pages.cursor];
        d->pages.cursor = f->next;
        if (frame_ref(f))
            f = NULL;
    }
    spin_unlock(&d->pages.lock);
    return f;
}

/* mm_lock held. */
static void release(struct domain *d, struct frame *f)
{
    if (frame_type(f) & FRAME_PINNED) {
        __atomic_fetch_and(&f->type, ~FRAME_PINNED, __ATOMIC_SEQ_CST);
        type_put(d, f);
    }
    type_abandon(d, f);
    /* Released in an earlier run already, if a foreign mapping holds it. */
    (void)!domain_frame_release(d, f);
    frame_put(d->hv, f);
}

/* mm_lock held. Everything from the cursor on. */
static int release_frames(struct domain *d, struct effects *fx)
{
    int rc;

    for (;;) {
        struct frame *f;

        rc = debris_drain(d, fx);
        if (rc)
            return rc;
        if (fx->budget <= 0)
            return -ERESTART;
        f = next_frame(d);
        if (!f)
            return 0;
        effects_spend(fx, 1);
        release(d, f);
    }
}

int domain_release_memory(struct domain *d, struct effects *fx)
{
    struct vcpu *v;
    int rc;

    domain_for_each_vcpu (d, v) {
        vcpu_drop_bases(v);
        vcpu_drop_descriptors(v);
    }
    spin_lock(&d->mm_lock);
    /* Once: at the end the cursor looks as before, and frames that others
     * hold are still in the list. */
    if (!d->pages.releasing) {
        d->pages.releasing = true;
        d->pages.cursor = d->pages.first;
    }
    rc = release_frames(d, fx);
    spin_unlock(&d->mm_lock);
    return rc;
}
