/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Does the provider do what the CUSAX draft asks of it (§6, C101-C106)? One report for a pair. */
/* Main thread. */
#include "daemon/core-private.h"

#include <string.h>

#include "daemon/policy/number.h"

typedef struct {
	CusaxCore *core;
	CusaxService *service;
	GPtrArray *phones; /* CusaxPhone of the own vCard; NULL: it could not be read */
	gboolean absent;   /* there is no own vCard */
	GVariantBuilder report;
} Examination;

static void examination_free(Examination *examination)
{
	g_object_unref(examination->service);
	g_clear_pointer(&examination->phones, g_ptr_array_unref);
	g_variant_builder_clear(&examination->report);
	g_free(examination);
}

/* result: "ok", "failed", "unknown". text: what was found; advice: what would help, or NULL. */
static void note(Examination *examination, const char *check, const char *title, const char *result,
		 const char *text, const char *advice)
{
	GVariantDict row;

	g_variant_dict_init(&row, NULL);
	g_variant_dict_insert(&row, "check", "s", check);
	g_variant_dict_insert(&row, "title", "s", title);
	g_variant_dict_insert(&row, "result", "s", result);
	g_variant_dict_insert(&row, "text", "s", text);
	if (advice)
		g_variant_dict_insert(&row, "advice", "s", advice);
	g_variant_builder_add_value(&examination->report, g_variant_dict_end(&row));
}

static void check_provisioned(Examination *examination)
{
	gboolean provisioned = strcmp(examination->service->origin, "provisioned") == 0;

	note(examination, "C101", "The pair of accounts is provisioned",
	     provisioned ? "ok" : "failed",
	     provisioned ? "The provider set both accounts up."
			 : "The accounts were entered by hand.",
	     provisioned ? NULL : "A provisioning document would save people that work.");
}

static void check_chat_calling(Examination *examination)
{
	CusaxFeatures calls = CUSAX_FEATURE_AUDIO | CUSAX_FEATURE_VIDEO;
	gboolean off = !(examination->service->chat_account->features & calls);

	note(examination, "C102", "Calls are off for the chat account", off ? "ok" : "failed",
	     off ? "Calls go by telephony only." : "The chat account offers calls too.",
	     off ? NULL : "Switch audio and video off for the chat account.");
}

static gboolean is_reachable(Examination *examination, const CusaxPhone *phone)
{
	CusaxAccount *telephony = examination->service->telephony_account;
	CusaxDialPlan plan = core_dial_plan(examination->service, telephony);
	g_autofree char *own = cusax_number_key(telephony->address, &plan);
	g_autofree char *key = cusax_number_key(phone->uri, &plan);

	return key && own && strcmp(key, own) == 0;
}

static void check_own_number(Examination *examination)
{
	const char *const title = "The own vCard names the telephone address";

	if (!examination->phones) {
		note(examination, "C103", title, "unknown", "The own vCard cannot be read now.",
		     "Try again when the chat account is connected.");
		return;
	}
	for (guint i = 0; i < examination->phones->len; i++) {
		if (is_reachable(examination, examination->phones->pdata[i])) {
			note(examination, "C103", title, "ok",
			     "Contacts find the address and can call it.", NULL);
			return;
		}
	}
	note(examination, "C103", title, "failed",
	     examination->absent ? "There is no vCard at all."
				 : "No entry of the vCard leads to the telephony account.",
	     "Contacts cannot call before the provider, or the person, enters it.");
}

static void check_video(Examination *examination)
{
	const char *const title = "The own vCard tells whether video calls are possible";

	if (!examination->phones) {
		note(examination, "C104", title, "unknown", "The own vCard cannot be read now.",
		     NULL);
		return;
	}
	for (guint i = 0; i < examination->phones->len; i++) {
		CusaxPhone *phone = examination->phones->pdata[i];

		if (g_strv_contains((const char *const *)phone->types, "video")) {
			note(examination, "C104", title, "ok", "An entry has the type \"video\".",
			     NULL);
			return;
		}
	}
	note(examination, "C104", title, "failed", "No entry has the type \"video\".",
	     "Nobody is offered a video call; fine where there is no video.");
}

static void check_relation(Examination *examination)
{
	gboolean given = strcmp(examination->service->origin, "provisioned") == 0;

	note(examination, "C105", "The relation of the accounts is given", "ok",
	     given ? "By the provider." : "By the person: the accounts are paired.", NULL);
}

static void check_impp(Examination *examination)
{
	const char *const title = "Incoming calls name the caller's chat address";
	CoreLink *link = core_link_of(examination->core, examination->service->telephony_account);
	g_autofree char *text = NULL;

	if (!link || link->calls_heard == 0) {
		note(examination, "C106", title, "unknown", "No call has come in yet.", NULL);
		return;
	}
	text = g_strdup_printf("%u of %u incoming calls did (Call-Info, purpose=impp).",
			       link->calls_with_cue, link->calls_heard);
	note(examination, "C106", title, link->calls_with_cue > 0 ? "ok" : "failed", text,
	     link->calls_with_cue > 0 ? NULL
				      : "Callers are still known by their numbers, only slower.");
}

static void report(GTask *task)
{
	Examination *examination = g_task_get_task_data(task);

	check_provisioned(examination);
	check_chat_calling(examination);
	check_own_number(examination);
	check_video(examination);
	check_relation(examination);
	check_impp(examination);
	g_task_return_pointer(task, g_variant_ref_sink(g_variant_builder_end(&examination->report)),
			      (GDestroyNotify)g_variant_unref);
}

static void on_own_vcard(CusaxCore *core, const GError *error, gpointer data)
{
	g_autoptr(GTask) task = data;
	Examination *examination = g_task_get_task_data(task);
	CoreLink *link = examination->service->chat_account
				 ? core_link_of(core, examination->service->chat_account)
				 : NULL;

	if (!link) {
		g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_NOT_FOUND,
					"the service was dissolved meanwhile");
		return;
	}
	/* What was found came as an event before this. */
	if (!error && link->own_phones)
		examination->phones = g_ptr_array_ref(link->own_phones);
	examination->absent = examination->phones && examination->phones->len == 0;
	report(task);
}

void cusax_core_diagnose(CusaxCore *core, CusaxService *service, GAsyncReadyCallback callback,
			 gpointer data)
{
	GTask *task = g_task_new(NULL, NULL, callback, data);
	CusaxAccount *chat = service->chat_account;
	Examination *examination = g_new0(Examination, 1);
	CusaxOperation *fetch;

	examination->core = core;
	examination->service = g_object_ref(service);
	g_variant_builder_init(&examination->report, G_VARIANT_TYPE("aa{sv}"));
	g_task_set_task_data(task, examination, (GDestroyNotify)examination_free);
	if (!core_is_online(chat)) {
		report(task);
		g_object_unref(task);
		return;
	}
	fetch = cusax_operation_new(CUSAX_OPERATION_FETCH_VCARD,
				    cusax_object_id(CUSAX_OBJECT(chat)));
	fetch->fetch_vcard.address = g_strdup(chat->address);
	core_submit(core, chat, fetch, on_own_vcard, task);
}
