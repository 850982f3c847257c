/* SPDX-License-Identifier: MIT */
/*
 * The xenstore protocol: messages of a header and up to 4096 bytes, over a
 * ring in a page or over a socket. Names and numbers are libxenstore's, so
 * that its programs build against this header.
 *
 * A client may send several requests before it reads an answer; answers come
 * in the order of requests and carry their req_id. XS_WATCH_EVENT comes at any
 * time between them. Errors travel as names, not numbers (xsd_errors).
 */
#ifndef PV_ABI_IO_XS_WIRE_H
#define PV_ABI_IO_XS_WIRE_H

#include "../types.h"

enum xsd_sockmsg_type {
    XS_CONTROL = 0, /* dom0: talk to the server itself */
    XS_DEBUG = XS_CONTROL,
    XS_DIRECTORY = 1,             /* path: names of its children */
    XS_READ = 2,                  /* path: value */
    XS_GET_PERMS = 3,             /* path: permissions */
    XS_WATCH = 4,                 /* path, token: events from now on */
    XS_UNWATCH = 5,               /* path, token */
    XS_TRANSACTION_START = 6,     /* "": id, for tx_id of what follows */
    XS_TRANSACTION_END = 7,       /* "T" keep or "F" forget */
    XS_INTRODUCE = 8,             /* domid, mfn, port: serve a domain */
    XS_RELEASE = 9,               /* domid: stop */
    XS_GET_DOMAIN_PATH = 10,      /* domid: its home */
    XS_WRITE = 11,                /* path, value */
    XS_MKDIR = 12,                /* path */
    XS_RM = 13,                   /* path, with all below */
    XS_SET_PERMS = 14,            /* path, permissions */
    XS_WATCH_EVENT = 15,          /* server: path, token */
    XS_ERROR = 16,                /* server: name of an error */
    XS_IS_DOMAIN_INTRODUCED = 17, /* domid: "T" or "F" */
    XS_RESUME = 18,               /* domid */
    XS_SET_TARGET = 19,           /* domid, domid: share its rights */
    /* 20 was XS_RESTRICT */
    XS_RESET_WATCHES = 21,  /* "": forget watches and transactions */
    XS_DIRECTORY_PART = 22, /* path, offset: generation, some names */
    XS_TYPE_COUNT,
    XS_INVALID = 0xffff, /* never sent */
};

#define XS_WRITE_NONE        "NONE"
#define XS_WRITE_CREATE      "CREATE"
#define XS_WRITE_CREATE_EXCL "CREATE|EXCL"

/*
 * Errors on the wire, with this side's own numbers. Include <errno.h> before
 * this header to have the table.
 */
struct xsd_errors {
    int errnum;
    const char *errstring;
};

#ifdef EINVAL
#define XSD_ERROR(name)                                                        \
    {                                                                          \
        name, #name                                                            \
    }
static const struct xsd_errors xsd_errors[] __attribute__((unused)) = {
    /* An unknown name is taken for the first one. */
    XSD_ERROR(EINVAL), XSD_ERROR(EACCES),  XSD_ERROR(EEXIST),
    XSD_ERROR(EISDIR), XSD_ERROR(ENOENT),  XSD_ERROR(ENOMEM),
    XSD_ERROR(ENOSPC), XSD_ERROR(EIO),     XSD_ERROR(ENOTEMPTY),
    XSD_ERROR(ENOSYS), XSD_ERROR(EROFS),   XSD_ERROR(EBUSY),
    XSD_ERROR(EAGAIN), XSD_ERROR(EISCONN), XSD_ERROR(E2BIG),
    XSD_ERROR(EPERM),
};
#endif

struct xsd_sockmsg {
    uint32_t type;   /* enum xsd_sockmsg_type */
    uint32_t req_id; /* client's choice, echoed; 0 in events */
    uint32_t tx_id;  /* transaction, or 0 */
    uint32_t len;    /* bytes that follow */
};

/* Parts of a watch event's payload. */
enum xs_watch_type {
    XS_WATCH_PATH = 0,
    XS_WATCH_TOKEN = 1,
};

#define XENSTORE_PAYLOAD_MAX  4096 /* more ends the connection */
#define XENSTORE_ABS_PATH_MAX 3072
#define XENSTORE_REL_PATH_MAX 2048

#define XENSTORE_RING_SIZE 1024
typedef uint32_t XENSTORE_RING_IDX;
#define MASK_XENSTORE_IDX(idx) ((idx) & (XENSTORE_RING_SIZE - 1))

/* server_features */
#define XENSTORE_SERVER_FEATURE_RECONNECTION 1 /* connection is looked at */
#define XENSTORE_SERVER_FEATURE_ERROR        2 /* error is written */

/* connection */
#define XENSTORE_CONNECTED 0
#define XENSTORE_RECONNECT 1 /* guest asks, server is at it */

/* error: why the server gave up on this ring */
#define XENSTORE_ERROR_NONE    0
#define XENSTORE_ERROR_COMM    1
#define XENSTORE_ERROR_RINGIDX 2 /* prod - cons exceeds the ring */
#define XENSTORE_ERROR_PROTO   3

/*
 * The page of start_info.store_mfn. Indices and barriers as in console.h;
 * notify after moving prod, and after moving cons when the other side may
 * wait for room.
 */
struct xenstore_domain_interface {
    char req[XENSTORE_RING_SIZE];         /* guest writes */
    char rsp[XENSTORE_RING_SIZE];         /* server writes */
    XENSTORE_RING_IDX req_cons, req_prod; /* server, guest */
    XENSTORE_RING_IDX rsp_cons, rsp_prod; /* guest, server */
    uint32_t server_features;             /* server */
    uint32_t connection;                  /* both */
    uint32_t error;                       /* server */
};

#endif
