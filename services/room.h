/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is told and asked about rooms: one struct up, one down, and bookmarks. */
/* Owned structs, handed over whole. */
#pragma once

#include "daemon/base/types.h"

/* The payload of CUSAX_EVENT_ROOM_…; each kind says which members it fills. */
typedef struct {
	char *address;  /* of the room: bare JID, prepared; never NULL */
	char *nick;     /* of whom it tells, as on the wire */
	char *new_nick; /* what the nick becomes; NULL: it stays */
	char *person;   /* bare JID of the occupant, full or bare of who invites; NULL: not told */
	char *text;     /* subject, reason, status message; NULL: none */
	char *role;     /* words of XEP-0045 §5; NULL: not told */
	char *affiliation; /* the same */
	char *photo_hash;  /* XEP-0153; NULL: not mentioned, "": none */
	char *password;    /* wiped when freed; NULL: none */
	char *name;
	char *audio_video_uri;          /* as the room says, not yet checked; NULL: none */
	GStrv features;                 /* words; NULL: not told */
	CusaxAvailability availability; /* offline: gone */
	CusaxRoomEnd end;               /* why somebody is gone */
	gboolean self;                  /* it is we */
	gboolean created;               /* the room is new, and ours */
	gboolean direct;                /* an invitation past the room (XEP-0249) */
} CusaxRoomFacts;

void cusax_room_facts_clear(CusaxRoomFacts *facts);

/* The payload of CUSAX_OPERATION_ROOM_…; each kind says which members it reads. */
typedef struct {
	char *address;      /* of the room: JID */
	char *nick;         /* own, or of an occupant */
	char *password;     /* wiped when freed; NULL: none */
	char *person;       /* JID of somebody */
	char *text;         /* subject or reason; NULL: none */
	char *word;         /* a role or an affiliation */
	gint64 since;       /* history from then on, Unix microseconds; 0: the newest messages */
	GVariant *settings; /* a{sv}, checked: see cusax_core_configure_room(); NULL: none */
	gboolean flag;
} CusaxRoomRequest;

void cusax_room_request_clear(CusaxRoomRequest *request);

/* A room that the user wishes to find again on every device (XEP-0402). */
typedef struct {
	char *address;  /* bare JID, prepared */
	char *name;     /* NULL: none */
	char *nick;     /* NULL: none */
	char *password; /* wiped when freed; NULL: none */
	gboolean autojoin;
} CusaxBookmark;

CusaxBookmark *cusax_bookmark_new(const char *address);
CusaxBookmark *cusax_bookmark_copy(const CusaxBookmark *bookmark);
void cusax_bookmark_free(CusaxBookmark *bookmark);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CusaxBookmark, cusax_bookmark_free)
