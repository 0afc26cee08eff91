/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Method calls that wait for their answer: how they are answered, and how many may wait. */
/* Main thread. */
#pragma once

#include <gio/gio.h>

#include "daemon/core.h"
#include "daemon/model/registry.h"

/* How many requests of one client may wait, and of all clients together. */
#define CUSAX_BUS_REQUESTS_PER_PEER 64
#define CUSAX_BUS_REQUESTS_MAX      4096

/* All requests that wait. */
typedef struct CusaxBusRequests CusaxBusRequests;

/* One method call, or one change of a property, that waits for its answer. */
typedef struct {
	CusaxCore *core;
	CusaxRegistry *registry;
	GDBusMethodInvocation *invocation; /* NULL: nobody waits any more */
	CusaxBusRequests *requests;        /* NULL: the bus is gone */
} CusaxBusRequest;

/* flush is called with data before every answer, so that a client finds announced what its request
 * changed. */
CusaxBusRequests *cusax_bus_requests_new(GDBusConnection *connection, CusaxCore *core,
					 CusaxRegistry *registry, void (*flush)(gpointer data),
					 gpointer data);
/* Requests that still wait are answered to nobody. */
void cusax_bus_requests_free(CusaxBusRequests *requests);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CusaxBusRequests, cusax_bus_requests_free)

/* Takes invocation. NULL where too many wait: it was answered with LimitExceeded. */
CusaxBusRequest *cusax_bus_request_new(CusaxBusRequests *requests,
				       GDBusMethodInvocation *invocation);

/* The descriptor behind an argument of type "h", for the caller to close; -1 and INVALID_ARGUMENT where
 * the message does not carry it. */
int cusax_bus_request_take_fd(CusaxBusRequest *request, const char *argument, gint32 handle,
			      GError **error);

/* Each of these answers and frees the request. tuple: a floating one is taken; NULL is "()". */
void cusax_bus_request_return(CusaxBusRequest *request, GVariant *tuple);
void cusax_bus_request_fail(CusaxBusRequest *request, GError *error /* taken */);
/* Frees it; its invocation is the caller's, who answers. NULL: nobody waits any more. */
GDBusMethodInvocation *cusax_bus_request_steal(CusaxBusRequest *request);
/* Frees it without an answer. */
void cusax_bus_request_drop(CusaxBusRequest *request);

/* Callbacks for verbs of the core; data is the request. By their finish function: */
void cusax_bus_reply_done(GObject *source, GAsyncResult *result, gpointer data);
void cusax_bus_reply_object(GObject *source, GAsyncResult *result, gpointer data);
void cusax_bus_reply_string(GObject *source, GAsyncResult *result, gpointer data);
/* A tuple is the reply, anything else its only argument. */
void cusax_bus_reply_variant(GObject *source, GAsyncResult *result, gpointer data);
