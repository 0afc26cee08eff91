/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the configuration share. */
/* Main thread. */
#pragma once

#include "daemon/store/config.h"
#include "daemon/store/file.h"

#define CONFIG_FILE      "cusaxd.conf"
#define CONFIG_SCHEMA    1
#define CONFIG_MAX_BYTES (1024 * 1024)

typedef struct ConfigWrite ConfigWrite;

/* The key file is the one truth; accounts, services and policy are views read from it. */
struct CusaxConfig {
	CusaxConfigState state;
	int folder; /* -1 where it could not be opened */
	GKeyFile *file;
	CusaxFileStamp stamp; /* of the file on the disk as we know it */
	GPtrArray *problems;  /* CusaxConfigProblem */
	GPtrArray *accounts;  /* AccountView */
	GPtrArray *services;  /* CusaxConfigService */
	CusaxSettings *policy;

	GMainContext *context;
	GQueue waiting;     /* GTask: saves for the next write */
	ConfigWrite *write; /* under way, or NULL */
};

typedef struct {
	CusaxConfigAccount view; /* first: the view is handed out */
	char *own_problem;       /* of the account's own rows; view.problem may be its service's */
} AccountView;

/* Reads the views anew; the objects stay where they are. NULL problems: nothing is reported. */
void config_read_policy(CusaxConfig *config, GPtrArray *problems);
gboolean config_read_account(CusaxConfig *config, const char *id, GPtrArray *problems);
gboolean config_read_service(CusaxConfig *config, const char *id, GPtrArray *problems);
/* After any of the above: what an account suffers from its service. */
void config_link(CusaxConfig *config);

AccountView *config_find_account(CusaxConfig *config, const char *id);
CusaxConfigService *config_find_service(CusaxConfig *config, const char *id);
/* The service that an account is part of, or NULL. */
CusaxConfigService *config_service_of(CusaxConfig *config, const char *account);

gboolean config_is_id(const char *id);
char *config_group(const char *kind, const char *id);
CusaxSettingsKind config_kind(CusaxProtocol protocol);
gboolean config_is_address(const char *address);
void config_add_problem(GPtrArray *problems, const char *group, const char *key, gboolean restricts,
			const char *reason);

/* Ends the write under way and those that wait. */
void config_finish_saves(CusaxConfig *config);
