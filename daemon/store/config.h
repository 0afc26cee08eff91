/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Accounts, services and policy in one key file, $XDG_CONFIG_HOME/cusaxd/cusaxd.conf. */
/* Main thread; the file is written by a worker. Loaded once, before the main loop. */
#pragma once

#include <gio/gio.h>

#include "daemon/base/settings.h"
#include "daemon/base/types.h"

/* Groups: [daemon] schema=1, [account ID] protocol, address and the settings of dbus-api,
 * [service ID] chat, telephony, origin and the pair's settings, [policy]. Only keys that are changed
 * here are rewritten: unknown keys, unknown groups and comments stay. No password is ever in it.
 *
 * What is wrong in the file never lowers protection: a row that is refused keeps its account
 * disabled, or both accounts of its service; in [policy] its key takes the strictest value. Such a
 * row stays in the file until that key is set or removed by a change. */
typedef struct CusaxConfig CusaxConfig;

#define CUSAX_CONFIG_MAX_ACCOUNTS 64

typedef enum {
	CUSAX_CONFIG_GOOD,      /* loaded, or there was no file yet */
	CUSAX_CONFIG_SET_ASIDE, /* could not be parsed: kept as cusaxd.conf.bad-N, started empty */
	CUSAX_CONFIG_READ_ONLY, /* of a newer schema: accounts are held disabled, never written */
	CUSAX_CONFIG_REFUSED, /* not to be trusted or not readable: started empty, never written */
} CusaxConfigState;

typedef struct {
	char *group;        /* "account x1a2b"; NULL: the whole file */
	char *key;          /* NULL: the whole group */
	char *reason;       /* for a person; never holds the value */
	gboolean restricts; /* FALSE: only told, such as a key that this version does not know */
} CusaxConfigProblem;

/* Borrowed views, valid until the object is changed or removed. */
typedef struct {
	char *id; /* [A-Za-z0-9_]{1,64}, part of the object path */
	CusaxProtocol protocol;
	char *address;
	gboolean enabled;        /* the setting "enabled", and there is no problem */
	CusaxSettings *settings; /* the rows that are good */
	char *problem;           /* why it is held disabled, for a person; NULL: nothing is wrong */
} CusaxConfigAccount;

typedef struct {
	char *id;
	char *chat;      /* account id */
	char *telephony; /* account id */
	char *origin;    /* "manual", "provisioned" */
	CusaxSettings *settings;
	char *problem; /* as above; both accounts carry it too */
} CusaxConfigService;

/* Loads; blocking, for start-up. folder: NULL is the one of the XDG specification. Never fails: what
 * went wrong is in the state and the problems. */
CusaxConfig *cusax_config_load(const char *folder);
/* Waits for a write that is under way. Callbacks of saves still run, with their results. */
void cusax_config_free(CusaxConfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CusaxConfig, cusax_config_free)

CusaxConfigState cusax_config_state(CusaxConfig *config);
/* CusaxConfigProblem, as found when the file was loaded; borrowed. */
const GPtrArray *cusax_config_problems(CusaxConfig *config);

/* An id that no account and no service of this file has: prefix and eight random digits. */
char *cusax_config_fresh_id(CusaxConfig *config, const char *prefix);

/* CusaxConfigAccount and CusaxConfigService in the order of the file; borrowed. */
const GPtrArray *cusax_config_accounts(CusaxConfig *config);
const GPtrArray *cusax_config_services(CusaxConfig *config);
const CusaxConfigAccount *cusax_config_account(CusaxConfig *config, const char *id); /* or NULL */
const CusaxConfigService *cusax_config_service(CusaxConfig *config, const char *id); /* or NULL */
CusaxSettings *cusax_config_policy(CusaxConfig *config); /* borrowed, never NULL */

/* What the person wishes to show: group [presence], keys availability and message. ret_message is
 * owned by the caller, NULL where there is none. */
void cusax_config_presence(CusaxConfig *config, CusaxAvailability *ret_availability,
			   char **ret_message);
/* In memory; cusax_config_save_async() brings it to the disk, where the file may be written. */
void cusax_config_set_presence(CusaxConfig *config, CusaxAvailability availability,
			       const char *message);

/* Changes are made in memory and reach the disk by cusax_config_save_async(). settings and changes
 * are a{sv}, not consumed, NULL is empty; an empty string or array removes a key. Errors of all:
 * INVALID_ARGUMENT naming the key or argument, NOT_FOUND, WRONG_STATE (an id or account is taken, an
 * account is still part of a service), LIMIT_EXCEEDED, REFUSED where the state forbids writing. On an
 * error nothing is changed. */
gboolean cusax_config_add_account(CusaxConfig *config, const char *id, CusaxProtocol protocol,
				  const char *address, GVariant *settings, GError **error);
gboolean cusax_config_change_account(CusaxConfig *config, const char *id, GVariant *changes,
				     GError **error);
gboolean cusax_config_remove_account(CusaxConfig *config, const char *id, GError **error);
gboolean cusax_config_add_service(CusaxConfig *config, const char *id, const char *chat,
				  const char *telephony, const char *origin, GVariant *settings,
				  GError **error);
gboolean cusax_config_change_service(CusaxConfig *config, const char *id, GVariant *changes,
				     GError **error);
gboolean cusax_config_remove_service(CusaxConfig *config, const char *id, GError **error);
gboolean cusax_config_change_policy(CusaxConfig *config, GVariant *changes, GError **error);

/* Writes everything changed so far: a new file, flushed, that replaces the old one in one step. Saves
 * run one at a time and in order; those asked for while one runs share the next. The callback runs
 * when the state at the time of the call is on the disk. Errors: LIMIT_EXCEEDED for a full disk,
 * REFUSED, FAILED; a later save may succeed. A file that somebody edited meanwhile is kept as
 * cusaxd.conf.edited-N. */
void cusax_config_save_async(CusaxConfig *config, GAsyncReadyCallback callback, gpointer data);
gboolean cusax_config_save_finish(CusaxConfig *config, GAsyncResult *result, GError **error);
