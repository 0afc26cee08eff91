/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The connection to the daemon: calls, properties, and one snapshot of all objects. */
/* Single-threaded, as all of cusaxctl. */
#pragma once

#include <gio/gio.h>
#include <gio/gunixfdlist.h>

/* One object of the daemon, as it was when asked. */
typedef struct {
	char *path;
	char *kind;           /* last part of its interface, such as "Account" */
	GVariant *properties; /* a{sv} */
} CusaxObject;

/* What the options that every command has ask for, and the connection. */
typedef struct {
	GDBusConnection *bus;
	GPtrArray *objects; /* CusaxObject; NULL until asked for */
	gboolean json;
	gboolean start;  /* the bus may start the daemon */
	gboolean wait;   /* --wait was given */
	gint64 deadline; /* monotonic, microseconds; 0 is none */
	int secret_fd;   /* -1 is none */
} CusaxClient;

/* Connects to the session bus. */
gboolean cusax_client_connect(CusaxClient *client, GError **error);
void cusax_client_clear(CusaxClient *client);

/* Calls a method and gives the answer's tuple, to be unreffed; arguments may be NULL or floating.
 * kind is the last part of one of our interfaces, or the full name of another. */
GVariant *cusax_client_call(CusaxClient *client, const char *path, const char *kind,
			    const char *method, GVariant *arguments, GError **error);

/* All properties of an object, an a{sv}. */
/* The same for a method without results that takes open files. */
gboolean cusax_client_call_with_files(CusaxClient *client, const char *path, const char *kind,
				      const char *method, GVariant *arguments, GUnixFDList *files,
				      GError **error);
GVariant *cusax_client_properties(CusaxClient *client, const char *path, const char *kind,
				  GError **error);
gboolean cusax_client_set(CusaxClient *client, const char *path, const char *kind,
			  const char *property, GVariant *value, GError **error);

/* The answer of GetManagedObjects, a{oa{sa{sv}}}. */
GVariant *cusax_client_managed_objects(CusaxClient *client, GError **error);

/* Every object, ordered by path; asked once, kept by the client. */
GPtrArray *cusax_client_objects(CusaxClient *client, GError **error);

/* Those of one kind; elements borrowed, free the array. */
GPtrArray *cusax_client_objects_of(CusaxClient *client, const char *kind, GError **error);

/* The object at path of the snapshot, borrowed, or NULL. */
const CusaxObject *cusax_client_find(CusaxClient *client, const char *path);

/* Whole milliseconds until the deadline, for GDBus and poll(); -1 is no limit. */
int cusax_client_time_left(CusaxClient *client);

/* "account/x" of "/org/cusax/Cusax1/account/x", borrowed; "-" for "/". */
const char *cusax_short_id(const char *path);

/* Properties by name, borrowed from the map; the neutral value where one is missing. */
const char *cusax_map_string(GVariant *map, const char *key);
gboolean cusax_map_boolean(GVariant *map, const char *key);
guint32 cusax_map_uint(GVariant *map, const char *key);
gint64 cusax_map_time(GVariant *map, const char *key);
char *cusax_map_words(GVariant *map, const char *key); /* an "as" joined by commas; free */
