/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All models that exist, by type and id, and those who watch them. */
/* Main thread. */
#pragma once

#include "daemon/model/object.h"

typedef struct CusaxRegistry CusaxRegistry;

/* What a watcher is told; any member may be NULL. A watcher reads models and must not write them. */
typedef struct {
	void (*added)(CusaxObject *object, gpointer data);
	/* Still readable, no longer found by cusax_registry_find(). */
	void (*removed)(CusaxObject *object, gpointer data);
	/* Facts that changed together. */
	void (*changed)(CusaxObject *object, GParamSpec **pspecs, guint n, gpointer data);
	/* A moment, such as "MessageAdded": the facts it concerns were announced before. args is the
	 * signal's tuple, not floating. */
	void (*moment)(CusaxObject *object, const char *name, GVariant *args, gpointer data);
} CusaxRegistryWatcher;

CusaxRegistry *cusax_registry_new(void);
void cusax_registry_free(CusaxRegistry *registry);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CusaxRegistry, cusax_registry_free)

/* One watcher is enough for one bus; a second one may be a test or another binding. */
void cusax_registry_watch(CusaxRegistry *registry, const CusaxRegistryWatcher *watcher,
			  gpointer data);
void cusax_registry_unwatch(CusaxRegistry *registry, gpointer data);

/* Takes a reference. The id must be free within the type. */
void cusax_registry_add(CusaxRegistry *registry, CusaxObject *object);

/* Tells the watchers, then drops the object's references to others and the registry's to it. */
void cusax_registry_remove(CusaxRegistry *registry, CusaxObject *object);

/* Borrowed; NULL where there is none. */
gpointer cusax_registry_find(CusaxRegistry *registry, GType type, const char *id);
gboolean cusax_registry_contains(CusaxRegistry *registry, CusaxObject *object);

/* Every object of the type (CUSAX_TYPE_OBJECT: of every type), in no order: an array of owned
 * references. */
GPtrArray *cusax_registry_list(CusaxRegistry *registry, GType type);
/* The same without references, until visit says FALSE; it must not add or remove any. */
void cusax_registry_each(CusaxRegistry *registry, GType type,
			 gboolean (*visit)(gpointer object, gpointer data), gpointer data);
guint cusax_registry_count(CusaxRegistry *registry, GType type);

/* Announces a moment of an object in the registry. Takes a floating args. */
void cusax_registry_moment(CusaxRegistry *registry, gpointer object, const char *name,
			   GVariant *args);
