/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plain facts that services report and models keep: connection security, telephone entries. */
/* Owned structs: one owner at a time, handed across threads whole. */
#pragma once

#include "daemon/base/types.h"

/* What is known about the protection of one account's connection (C91, C92). Every string is owned
 * and may be NULL for "not known". */
typedef struct {
	char *transport;       /* "starttls", "direct-tls", "tls", "tcp", "udp" */
	char *tls_version;     /* "TLSv1.3" */
	char *tls_cipher;      /* OpenSSL's name */
	gboolean tls_verified; /* chain and name verified, or the user's pin matched */
	char *authentication;  /* "SCRAM-SHA-256", "digest-md5", "EXTERNAL" */
	GStrv weak; /* what is weak, as words ("no-tls", "md5"); NULL or empty: nothing */
} CusaxSecurity;

CusaxSecurity *cusax_security_new(void);
CusaxSecurity *cusax_security_copy(const CusaxSecurity *security); /* NULL gives NULL */
void cusax_security_free(CusaxSecurity *security);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CusaxSecurity, cusax_security_free)

/* One telephone entry of a person, as found (C32-C37). */
typedef struct {
	char *uri;          /* as given: "sip:a@b", "tel:+33…", "01 02 03" */
	GStrv types;        /* lower-case words ("voice", "video", "fax", "home"); never NULL */
	guint preference;   /* 1 is best; 0 is not given */
	CusaxSource source; /* where it was found */
} CusaxPhone;

CusaxPhone *cusax_phone_new(const char *uri, const char *const *types, CusaxSource source);
CusaxPhone *cusax_phone_copy(const CusaxPhone *phone);
void cusax_phone_free(CusaxPhone *phone);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CusaxPhone, cusax_phone_free)

/* A file that a message names (XEP-0066, XEP-0447). */
typedef struct {
	char *uri;    /* where it lies; never NULL */
	char *name;   /* without a folder; may be NULL */
	char *type;   /* media type; may be NULL */
	guint64 size; /* 0: not known */
} CusaxFile;

/* uri NULL: to be set. */
CusaxFile *cusax_file_new(const char *uri);
CusaxFile *cusax_file_copy(const CusaxFile *file); /* NULL gives NULL */
void cusax_file_free(CusaxFile *file);             /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CusaxFile, cusax_file_free)
/* Whether text is a media type without parameters, such as "image/png" (RFC 6838 §4.2). */
gboolean cusax_file_is_type(const char *text);

/* A process-wide fresh id for an operation or a call; never 0. Any thread. */
guint64 cusax_id_next(void);
