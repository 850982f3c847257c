/* SPDX-License-Identifier: MIT */
/*
 * hello: says what it was given at start of day, then ticks once a second.
 *
 *   hello [every=S] [ticks=N] [exit=0]
 *
 *  every=S  seconds from tick to tick, instead of 1.
 *  ticks=N  how many; without it, it ticks until it is asked to end
 *           (control/shutdown in xenstore).
 *  exit=0   as the privileged domain under QEMU: end the machine by
 *           machine_exit(), since a hypervisor may only halt on poweroff.
 *
 * Every line "name: value" is for people and for tests alike.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <guest/balloon.h>
#include <guest/clock.h>
#include <guest/hypercall.h>
#include <guest/memory.h>
#include <guest/shutdown.h>
#include <guest/start.h>
#include <guest/thread.h>
#include <pv-abi/sched.h>
#include <pv-abi/version.h>

static void print_start_info(void)
{
    const struct start_info *si = start_info;

    printf("magic: %s\n", si->magic);
    printf("flags: %#x%s\n", si->flags, start_is_dom0() ? " (dom0)" : "");
    printf("command line: \"%s\"\n", si->cmd_line);
    printf("pages: %lu (%lu MiB)\n", si->nr_pages, si->nr_pages >> 8);
    printf("shared_info: machine %#lx\n", si->shared_info);
    printf("p2m: %#lx, pfn 0 is mfn %#lx\n", si->mfn_list, pfn_to_mfn(0));
    printf("page tables: %lu at %#lx, root mfn %#lx\n", si->nr_pt_frames,
           si->pt_base, pt_root_mfn());
    printf("module: %lu bytes at %#lx\n", si->mod_len, si->mod_start);
    printf("xenstore: mfn %#lx port %u\n", si->store_mfn, si->store_evtchn);
    if (!start_is_dom0())
        printf("console: mfn %#lx port %u\n", si->console.domU.mfn,
               si->console.domU.evtchn);
}

static void print_registers(void)
{
    const struct cpu_user_regs *r = &entry_regs;

    printf("entry rip: %#lx\n", r->rip);
    printf("entry rsp: %#lx\n", r->rsp);
    printf("entry rsi: %#lx (start_info is at %p)\n", r->rsi,
           (void *)start_info);
    printf("entry rflags: %#lx\n", r->rflags);
    printf("entry cs ss: %#x %#x\n", r->cs, r->ss);
    printf("entry ds es fs gs: %#x %#x %#x %#x\n", r->ds, r->es, r->fs, r->gs);
    printf("entry others: %#lx\n",
           r->rax | r->rbx | r->rcx | r->rdx | r->rdi | r->rbp | r->r8 | r->r9 |
               r->r10 | r->r11 | r->r12 | r->r13 | r->r14 | r->r15);
}

static void print_hypervisor(void)
{
    struct xen_feature_info features = {.submap_idx = 0};
    char extra[XEN_EXTRAVERSION_LEN] = "";
    long version = hypercall_xen_version(XENVER_version, NULL);

    hypercall_xen_version(XENVER_extraversion, extra);
    printf("hypervisor: %ld.%ld%s\n", version >> 16, version & 0xffff, extra);
    if (!hypercall_xen_version(XENVER_get_features, &features))
        printf("features: %#x\n", features.submap);
    printf("free pages: %lu of %lu\n", page_free_count(), page_total());
}

static void print_time(void)
{
    time_t wall = time(NULL);
    char text[32];

    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", gmtime(&wall));
    printf("wall clock: %s UTC\n", text);
    printf("tsc: %lu Hz\n", clock_tsc_hz());
}

/* Returns the reason to end for. */
static int tick(unsigned long count, unsigned long seconds)
{
    uint64_t start = clock_ns(), had = page_total();

    for (unsigned long i = 1; !count || i <= count; i++) {
        int reason = shutdown_wait(start + i * seconds * NS_PER_SEC);

        if (reason >= 0)
            return reason;
        printf("tick %lu at %lu ms\n", i, (clock_ns() - start) / NS_PER_MS);
        if (balloon_pages() != had) {
            had = balloon_pages();
            printf("pages now: %lu (%lu MiB), %lu free\n", had, had >> 8,
                   page_free_count());
        }
    }
    return SHUTDOWN_poweroff;
}

int main(int argc, char **argv)
{
    const char *every = start_option("every");
    const char *ticks = start_option("ticks");
    const char *status = start_option("exit");
    int reason;

    printf("Hello from a paravirtualised guest.\n");
    print_start_info();
    print_registers();
    print_hypervisor();
    print_time();
    if (start_info->store_evtchn && shutdown_watch())
        printf("cannot watch control/shutdown\n");
    if (start_info->store_evtchn && balloon_start())
        printf("cannot watch memory/target\n");

    reason = tick(ticks ? strtoul(ticks, NULL, 10) : 0,
                  every ? strtoul(every, NULL, 10) : 1);
    printf("goodbye: shutdown reason %d\n", reason);
    if (status && start_is_dom0())
        machine_exit(strtoul(status, NULL, 10));
    shutdown(reason);
}
