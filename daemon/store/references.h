/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What messages say about other messages: reactions to them, and that they are taken back. */
/* Called on the main thread; see history.h for order, completion and errors. */
#pragma once

#include "daemon/store/messages.h"

/* An own act that still has to be sent is kept among the messages, under a kind of its own: so it has a
 * delivery, waits for the account, and is sent again after a restart, as a message is. Readers do not
 * meet it. replaces: our id of the message meant; reply_wire: its id on the wire; text: reactions. */
#define CUSAX_KIND_REACTION   "reaction"
#define CUSAX_KIND_RETRACTION "retraction"

gboolean cusax_message_is_act(const CusaxMessage *message);

typedef struct {
	const char *account, *peer;
	const char *sender;   /* who refers to the message */
	const char *occupant; /* the same in a room, whatever the nick (XEP-0421); may be NULL */
	const char *target;   /* the message: its id on the wire, or ours */
	gint64 time;          /* Unix microseconds; 0: now, and an act to be sent is kept */
	const char *const *reactions; /* cusax_history_react_async() only */
} CusaxReference;

/* What became of it. Members are owned by the caller: cusax_reference_result_clear(). */
typedef struct {
	CusaxMessage *message; /* the message meant, as it is now; NULL: not there (yet) */
	CusaxMessage *act;     /* what is to be sent; NULL: nothing */
	gboolean changed;
	guint unread; /* of the chat, where a message was taken back */
} CusaxReferenceResult;

void cusax_reference_result_clear(CusaxReferenceResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CusaxReferenceResult, cusax_reference_result_clear)

/* All reactions of the sender to the message are these now; older news than what is there changes
 * nothing. A message that is not there (yet): with time 0 NOT_FOUND, else it is kept for the message,
 * without effect, within limits. Also UNSUPPORTED, with time 0: the message has no id that others know,
 * and WRONG_STATE: it was taken back. */
void cusax_history_react_async(CusaxHistory *history, const CusaxReference *reference,
			       GAsyncReadyCallback callback, gpointer data);
gboolean cusax_history_react_finish(CusaxHistory *history, GAsyncResult *result,
				    CusaxReferenceResult *ret, GError **error);

/* The message is taken back by its sender: the text, its corrections and its reactions are deleted;
 * that there was a message stays. A message not there (yet): as above. REFUSED where the message is of
 * somebody else. */
void cusax_history_retract_async(CusaxHistory *history, const CusaxReference *reference,
				 GAsyncReadyCallback callback, gpointer data);
gboolean cusax_history_retract_finish(CusaxHistory *history, GAsyncResult *result,
				      CusaxReferenceResult *ret, GError **error);
