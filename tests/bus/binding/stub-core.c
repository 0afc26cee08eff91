/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A core that does nothing but note the verbs it is asked for and answer as it is told. */
/* Main thread. */
#include "tests/bus/binding/stub-core.h"

#include <unistd.h>

struct CusaxCore {
	GString *last;
	CusaxObject *object;
	GVariant *variant;
	GError *error;
	gboolean hold;
	GPtrArray *held; /* GTask */
	void (*run)(gpointer data);
	gpointer run_data;
};

CusaxCore *stub_core_new(void)
{
	CusaxCore *core = g_new0(CusaxCore, 1);

	core->last = g_string_new(NULL);
	core->held = g_ptr_array_new_with_free_func(g_object_unref);
	core->variant = g_variant_ref_sink(g_variant_new("a{sv}", NULL));
	return core;
}

void stub_core_free(CusaxCore *core)
{
	g_assert_cmpuint(core->held->len, ==, 0);
	g_ptr_array_unref(core->held);
	g_string_free(core->last, TRUE);
	g_clear_object(&core->object);
	g_clear_pointer(&core->variant, g_variant_unref);
	g_clear_error(&core->error);
	g_free(core);
}

const char *stub_core_take_last(CusaxCore *core)
{
	/* Interned, so that the caller need not free it. */
	const char *last = g_intern_string(core->last->str);

	g_string_truncate(core->last, 0);
	return last;
}

void stub_core_answer_object(CusaxCore *core, gpointer object)
{
	g_set_object(&core->object, object);
}

void stub_core_answer_variant(CusaxCore *core, GVariant *result)
{
	g_variant_unref(core->variant);
	core->variant = g_variant_ref_sink(result);
}

void stub_core_fail(CusaxCore *core, GError *error)
{
	g_clear_error(&core->error);
	core->error = error;
}

void stub_core_hold(CusaxCore *core)
{
	core->hold = TRUE;
}

static void answer(CusaxCore *core, GTask *task)
{
	if (core->error)
		g_task_return_error(task, g_error_copy(core->error));
	else
		g_task_return_boolean(task, TRUE);
}

void stub_core_release(CusaxCore *core)
{
	core->hold = FALSE;
	for (guint i = 0; i < core->held->len; i++)
		answer(core, core->held->pdata[i]);
	g_ptr_array_set_size(core->held, 0);
}

guint stub_core_n_held(CusaxCore *core)
{
	return core->held->len;
}

void stub_core_on_verb(CusaxCore *core, void (*run)(gpointer data), gpointer data)
{
	core->run = run;
	core->run_data = data;
}

gboolean cusax_core_finish(G_GNUC_UNUSED CusaxCore *core, GAsyncResult *result, GError **error)
{
	return g_task_propagate_boolean(G_TASK(result), error);
}

CusaxObject *cusax_core_finish_object(CusaxCore *core, GAsyncResult *result, GError **error)
{
	return cusax_core_finish(core, result, error) ? g_object_ref(core->object) : NULL;
}

char *cusax_core_finish_string(CusaxCore *core, GAsyncResult *result, GError **error)
{
	return cusax_core_finish(core, result, error) ? g_strdup("id-1") : NULL;
}

GVariant *cusax_core_finish_variant(CusaxCore *core, GAsyncResult *result, GError **error)
{
	return cusax_core_finish(core, result, error) ? g_variant_ref(core->variant) : NULL;
}

static void note(CusaxCore *core, GAsyncReadyCallback callback, gpointer data, const char *format,
		 ...) G_GNUC_PRINTF(4, 5);

static void note(CusaxCore *core, GAsyncReadyCallback callback, gpointer data, const char *format,
		 ...)
{
	g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, data);
	va_list args;

	va_start(args, format);
	g_string_vprintf(core->last, format, args);
	va_end(args);
	if (core->run)
		core->run(core->run_data);
	if (core->hold)
		g_ptr_array_add(core->held, g_steal_pointer(&task));
	else
		answer(core, task);
}

static const char *object_id(gpointer object)
{
	return cusax_object_id(CUSAX_OBJECT(object));
}

static const char *print(GVariant *value)
{
	g_autofree char *text = g_variant_print(value, FALSE);

	return g_intern_string(text);
}

static const char *join(const char *const *words)
{
	g_autofree char *text = g_strjoinv(",", (GStrv)words);

	return g_intern_string(text);
}

/* How arguments of a verb are noted, by their type. */
#define ID(x)      object_id(x)
#define TEXT(x)    (x)
#define NUMBER(x)  ((int)(x))
#define VARIANT(x) print(x)

#define VERB_0(verb)                                                                               \
	void cusax_core_##verb(CusaxCore *core, GAsyncReadyCallback callback, gpointer data)       \
	{                                                                                          \
		note(core, callback, data, #verb);                                                 \
	}
#define VERB_1(verb, type, name, format, show)                                                     \
	void cusax_core_##verb(CusaxCore *core, type name, GAsyncReadyCallback callback,           \
			       gpointer data)                                                      \
	{                                                                                          \
		note(core, callback, data, #verb " " #name "=" format, show(name));                \
	}
#define VERB_2(verb, type, name, format, show, type2, name2, format2, show2)                       \
	void cusax_core_##verb(CusaxCore *core, type name, type2 name2,                            \
			       GAsyncReadyCallback callback, gpointer data)                        \
	{                                                                                          \
		note(core, callback, data, #verb " " #name "=" format " " #name2 "=" format2,      \
		     show(name), show2(name2));                                                    \
	}
#define VERB_3(verb, type, name, format, show, type2, name2, format2, show2, type3, name3,         \
	       format3, show3)                                                                     \
	void cusax_core_##verb(CusaxCore *core, type name, type2 name2, type3 name3,               \
			       GAsyncReadyCallback callback, gpointer data)                        \
	{                                                                                          \
		note(core, callback, data,                                                         \
		     #verb " " #name "=" format " " #name2 "=" format2 " " #name3 "=" format3,     \
		     show(name), show2(name2), show3(name3));                                      \
	}

#define VERB_4(verb, type, name, format, show, type2, name2, format2, show2, type3, name3,         \
	       format3, show3, type4, name4, format4, show4)                                       \
	void cusax_core_##verb(CusaxCore *core, type name, type2 name2, type3 name3, type4 name4,  \
			       GAsyncReadyCallback callback, gpointer data)                        \
	{                                                                                          \
		note(core, callback, data,                                                         \
		     #verb " " #name "=" format " " #name2 "=" format2 " " #name3 "=" format3      \
			   " " #name4 "=" format4,                                                 \
		     show(name), show2(name2), show3(name3), show4(name4));                        \
	}

#define A_TEXT(name)    const char *, name, "%s", TEXT
#define A_VARIANT(name) GVariant *, name, "%s", VARIANT
#define AN_ACCOUNT(n)   CusaxAccount *, n, "%s", ID
#define A_SERVICE       CusaxService *, service, "%s", ID
#define A_CONTACT       CusaxContact *, contact, "%s", ID
#define A_CHAT          CusaxConversation *, chat, "%s", ID
#define A_ROOM          CusaxRoom *, room, "%s", ID
#define A_CALL          CusaxCall *, call, "%s", ID
#define A_OTHER         CusaxCall *, other, "%s", ID
#define A_TRUTH(name)   gboolean, name, "%d", NUMBER
/* The arguments above are several: expanded before they are counted. */
#define V1(...) VERB_1(__VA_ARGS__)
#define V2(...) VERB_2(__VA_ARGS__)
#define V3(...) VERB_3(__VA_ARGS__)
#define V4(...) VERB_4(__VA_ARGS__)

/* clang-format off */
V2(get_call_routes, A_TEXT(target), A_VARIANT(options))
V2(call, A_TEXT(target), A_VARIANT(options))
V2(open_chat, A_TEXT(address), A_VARIANT(options))
V2(join_room, A_TEXT(address), A_VARIANT(options))
V2(add_contact, A_TEXT(address), A_VARIANT(options))
V1(lookup, A_TEXT(uri))
V1(get_call_log, A_VARIANT(filter))
V1(get_history, A_VARIANT(filter))
V2(search_messages, A_TEXT(query), A_VARIANT(filter))
V1(delete_history, A_VARIANT(options))
V1(mark_calls_seen, A_VARIANT(options))
VERB_0(get_statistics)
VERB_0(get_audio_devices)
V1(set_availability, CusaxAvailability, availability, "%d", NUMBER)
V1(set_status_message, A_TEXT(message))

V3(add_account, CusaxProtocol, protocol, "%d", NUMBER, A_TEXT(address), A_VARIANT(settings))
V2(remove_account, AN_ACCOUNT(account), A_VARIANT(options))
V2(set_secret, AN_ACCOUNT(account), A_TEXT(secret))
V3(pair, AN_ACCOUNT(chat), AN_ACCOUNT(telephony), A_VARIANT(options))
V1(unpair, A_SERVICE)
VERB_0(get_policy)
V1(set_policy, A_VARIANT(policy))

V1(connect_account, AN_ACCOUNT(account))
V1(disconnect_account, AN_ACCOUNT(account))
V2(update_account, AN_ACCOUNT(account), A_VARIANT(settings))
V1(clear_avatar, AN_ACCOUNT(account))
V2(profile, AN_ACCOUNT(account), A_VARIANT(changes))
V2(archive_preferences, AN_ACCOUNT(account), A_VARIANT(changes))
V1(unblock_all, AN_ACCOUNT(account))

V1(connect_service, A_SERVICE)
V1(disconnect_service, A_SERVICE)
V1(raise_security, A_SERVICE)
V1(diagnose, A_SERVICE)
V1(publish_address, A_SERVICE)
V2(update_service, A_SERVICE, A_VARIANT(options))

V1(refresh_contact, A_CONTACT)
V1(remove_contact, A_CONTACT)
V1(query_last_seen, A_CONTACT)
V2(subscribe_contact, A_CONTACT, A_TEXT(message))
V1(authorize_contact, A_CONTACT)
V1(deny_contact, A_CONTACT)
V2(set_contact_name, A_CONTACT, A_TEXT(name))
V2(block_contact, A_CONTACT, A_TRUTH(blocked))
V3(report_contact, A_CONTACT, A_TEXT(reason), A_TEXT(text))
V2(set_contact_groups, A_CONTACT, const char *const *, groups, "%s", join)

V3(send_message, A_CHAT, A_TEXT(text), A_VARIANT(options))
V2(get_messages, A_CHAT, A_VARIANT(filter))
V2(mark_read, A_CHAT, A_TEXT(id))
V2(set_chat_state, A_CHAT, CusaxChatState, state, "%d", NUMBER)
V3(correct_message, A_CHAT, A_TEXT(id), A_TEXT(text))
V3(react, A_CHAT, A_TEXT(id), const char *const *, reactions, "%s", join)
V2(retract_message, A_CHAT, A_TEXT(id))
V2(set_chat_privacy, CusaxChat *, chat, "%s", ID, A_VARIANT(privacy))
V1(cancel_transfer, CusaxTransfer *, transfer, "%s", ID)

V1(leave_room, A_ROOM)
V1(forget_room, A_ROOM)
V2(decline_room, A_ROOM, A_TEXT(reason))
V2(set_room_autojoin, A_ROOM, A_TRUTH(autojoin))
V2(set_room_nick, A_ROOM, A_TEXT(nick))
V2(set_room_subject, A_ROOM, A_TEXT(subject))
V3(invite_to_room, A_ROOM, A_TEXT(address), A_TEXT(reason))
V4(set_room_role, A_ROOM, A_TEXT(nick), A_TEXT(role), A_TEXT(reason))
V4(set_room_affiliation, A_ROOM, A_TEXT(address), A_TEXT(affiliation), A_TEXT(reason))
V2(configure_room, A_ROOM, A_VARIANT(settings))
V2(destroy_room, A_ROOM, A_TEXT(reason))
V1(request_room_voice, A_ROOM)
V2(get_room_avatar, A_ROOM, A_TEXT(nick))
V2(call_room_conference, A_ROOM, A_VARIANT(options))

V2(accept_call, A_CALL, A_VARIANT(options))
V2(decline_call, A_CALL, A_VARIANT(options))
V1(hangup_call, A_CALL)
V2(transfer_call, A_CALL, A_TEXT(target))
V2(transfer_call_to, A_CALL, A_OTHER)
V2(accept_transfer, A_CALL, A_VARIANT(options))
V1(decline_transfer, A_CALL)
V2(send_dtmf, A_CALL, A_TEXT(keys))
V1(open_call_chat, A_CALL)
V1(get_call_statistics, A_CALL)
V2(merge_calls, A_CALL, CusaxCall *, other, "%s", ID)
V1(split_call, A_CALL)
V2(record_call, A_CALL, int, file, "%d", NUMBER)
V2(hold_call, A_CALL, A_TRUTH(held))
V2(mute_call, A_CALL, A_TRUTH(muted))
V3(set_call_device, A_CALL, A_TRUTH(input), A_TEXT(device))
/* clang-format on */

/* These take a descriptor; which number it has is nobody's business. */
void cusax_core_set_avatar(CusaxCore *core, CusaxAccount *account, int fd,
			   GAsyncReadyCallback callback, gpointer data)
{
	close(fd);
	note(core, callback, data, "set_avatar account=%s", ID(account));
}

void cusax_core_send_file(CusaxCore *core, CusaxConversation *chat, int fd, GVariant *options,
			  GAsyncReadyCallback callback, gpointer data)
{
	close(fd);
	note(core, callback, data, "send_file chat=%s options=%s", ID(chat), print(options));
}

void cusax_core_fetch_file(CusaxCore *core, CusaxConversation *chat, const char *message, int fd,
			   GVariant *options, GAsyncReadyCallback callback, gpointer data)
{
	close(fd);
	note(core, callback, data, "fetch_file chat=%s message=%s options=%s", ID(chat), message,
	     print(options));
}
