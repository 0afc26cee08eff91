/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which way out: hands policy what it needs to know and shows what it decides (C43-C47, C56-C61). */
/* Main thread. */
#include "daemon/core-private.h"

#include <string.h>

#include "daemon/policy/route.h"

/* What policy looks at, with all that its borrowed pointers point into. */
typedef struct {
	CoreTarget target;
	CusaxRouteIntent intent;
	CusaxRouteAccount *accounts;
	guint n_accounts;
	GPtrArray *models; /* CusaxAccount: keeps the strings alive */
	GPtrArray *lists;  /* GStrv */
	GPtrArray *routes; /* CusaxRoute */
	char *account;
	char *uri;
	char *confirm;
} Question;

static void question_clear(Question *question)
{
	core_target_clear(&question->target);
	g_free(question->accounts);
	g_clear_pointer(&question->models, g_ptr_array_unref);
	g_clear_pointer(&question->lists, g_ptr_array_unref);
	g_clear_pointer(&question->routes, g_ptr_array_unref);
	g_free(question->account);
	g_free(question->uri);
	g_free(question->confirm);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Question, question_clear)

static const char *const *keep_list(Question *question, CusaxSettings *values, const char *key)
{
	GStrv list = cusax_settings_strv(values, key);

	g_ptr_array_add(question->lists, list);
	return (const char *const *)list;
}

static CusaxRouteAccount describe(Question *question, CusaxAccount *account)
{
	CusaxService *service = core_service_of(account);
	CusaxRouteAccount facts = { .id = cusax_object_id(CUSAX_OBJECT(account)),
				    .label = account->address,
				    .protocol = account->protocol,
				    .online = core_is_online(account),
				    .tls = account->facts && account->facts->tls_verified,
				    .features = account->features,
				    .plan = core_dial_plan(service, account) };
	g_autoptr(CusaxSettings) none = NULL;
	CusaxSettings *values;

	if (service)
		facts.chat = cusax_object_id(CUSAX_OBJECT(service->chat_account));
	/* An account that is not paired goes by the defaults: emergency numbers above all. */
	none = cusax_settings_new(CUSAX_SETTINGS_PAIR);
	values = service ? service->values : none;
	facts.rules =
		(CusaxChargeRules){ .free = keep_list(question, values, "free"),
				    .charged = keep_list(question, values, "charged"),
				    .emergency = keep_list(question, values, "emergency"),
				    .cue = service ? cusax_settings_string(values, "charge-cue")
						   : NULL };
	return facts;
}

static const char *id_of_path(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static CusaxFeatures wanted_media(GVariant *options)
{
	g_autofree const char **words = NULL;
	CusaxFeatures media = CUSAX_FEATURE_AUDIO;
	const char *bad;

	if (g_variant_lookup(options, "media", "^a&s", &words))
		cusax_features_from_words(words, &media, &bad);
	return media | CUSAX_FEATURE_AUDIO;
}

/* A typed address that is one contact's goes the way that calls to this contact go (C58). */
static CusaxContact *owner_of(CusaxCore *core, const char *uri, CusaxAccount *account)
{
	CusaxDialPlan plan = core_dial_plan(core_service_of(account), account);
	g_autofree char *key = cusax_number_key(uri, &plan);
	const char *ids[2];

	if (cusax_identity_index_lookup(core->identities, key, ids, 2) != 1)
		return NULL;
	return cusax_registry_find(core->registry, CUSAX_TYPE_CONTACT, ids[0]);
}

static void ask(CusaxCore *core, Question *question, GVariant *options)
{
	CusaxRouteIntent *intent = &question->intent;
	CusaxContact *contact = question->target.contact;
	const char *text;

	question->models = core_accounts(core, CUSAX_PROTOCOL_SIP);
	question->lists = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
	question->accounts = g_new0(CusaxRouteAccount, question->models->len + 1);
	for (guint i = 0; i < question->models->len; i++) {
		CusaxAccount *account = question->models->pdata[i];

		if (!account->enabled)
			continue;
		question->accounts[question->n_accounts++] = describe(question, account);
		if (!contact && question->target.uri)
			contact = owner_of(core, question->target.uri, account);
	}
	if (g_variant_lookup(options, "account", "&o", &text))
		question->account = g_strdup(id_of_path(text));
	if (g_variant_lookup(options, "uri", "&s", &text) && *text)
		question->uri = g_strdup(text);
	else
		question->uri = g_strdup(question->target.uri);
	if (g_variant_lookup(options, "confirm", "&s", &text) && *text)
		question->confirm = g_strdup(text);
	intent->account = question->account;
	intent->uri = question->uri;
	intent->confirm = question->confirm;
	intent->media = wanted_media(options);
	intent->confirm_charges = cusax_settings_boolean(core_policy(core), "confirm-charges");
	intent->secret = core->token_key;
	intent->secret_length = sizeof core->token_key;
	if (contact) {
		intent->chat_account = cusax_object_id(CUSAX_OBJECT(contact->account));
		intent->chat_address = contact->address;
		intent->phones = core_numbers_of(core, contact);
	}
	question->routes = cusax_route_list(intent, question->accounts, question->n_accounts);
}

static GVariant *route_variant(CusaxCore *core, const CusaxRoute *route)
{
	CusaxObject *account =
		cusax_registry_find(core->registry, CUSAX_TYPE_ACCOUNT, route->account);
	g_autofree char *path = cusax_object_path(account);
	g_auto(GStrv) media = cusax_features_to_words(route->media);
	GVariantDict dict;

	g_variant_dict_init(&dict, NULL);
	g_variant_dict_insert(&dict, "account", "o", path);
	g_variant_dict_insert(&dict, "uri", "s", route->uri);
	g_variant_dict_insert(&dict, "media", "^as", media);
	g_variant_dict_insert(&dict, "source", "s", cusax_word(CUSAX_TYPE_SOURCE, route->source));
	g_variant_dict_insert(&dict, "verified", "b", route->verified);
	g_variant_dict_insert(&dict, "charges", "s",
			      cusax_word(CUSAX_TYPE_CHARGES, route->charges));
	if (*cusax_charges_reason_word(route->charges_reason))
		g_variant_dict_insert(&dict, "charges-reason", "s",
				      cusax_charges_reason_word(route->charges_reason));
	if (route->cue)
		g_variant_dict_insert(&dict, "cue", "s", route->cue);
	if (route->confirm)
		g_variant_dict_insert(&dict, "confirm", "s", route->confirm);
	g_variant_dict_insert(&dict, "reason", "s", route->reason);
	g_variant_dict_insert(&dict, "preferred", "b", route->preferred);
	return g_variant_dict_end(&dict);
}

/* --- verbs ----------------------------------------------------------------------------------------- */

typedef struct {
	CusaxCore *core;
	GVariant *options;
	Question question;
	CoreReferral referral;
} Asking;

static void asking_free(Asking *asking)
{
	question_clear(&asking->question);
	g_variant_unref(asking->options);
	g_free(asking->referral.replaces);
	g_free(asking->referral.referred_by);
	g_free(asking);
}

/* Finds the target; and where it is a contact whose numbers were never read, reads them first. */
static void begin(CusaxCore *core, const char *target, GVariant *options,
		  const CoreReferral *referral, CoreReady go_on, GAsyncReadyCallback callback,
		  gpointer data)
{
	GTask *task = g_task_new(NULL, NULL, callback, data);
	Asking *asking = g_new0(Asking, 1);
	GError *error = NULL;

	asking->core = core;
	asking->options = g_variant_ref_sink(options);
	if (referral)
		asking->referral =
			(CoreReferral){ g_strdup(referral->replaces),
					g_strdup(referral->referred_by), referral->referrer };
	g_task_set_task_data(task, asking, (GDestroyNotify)asking_free);
	if (!core_target_find(core, target, &asking->question.target, &error)) {
		g_task_return_error(task, error);
		g_object_unref(task);
	} else if (asking->question.target.contact && !asking->question.target.uri) {
		core_vcard_await(core, asking->question.target.contact, go_on, task);
	} else {
		go_on(core, task);
	}
}

static void list_routes(CusaxCore *core, gpointer data)
{
	g_autoptr(GTask) task = data;
	Asking *asking = g_task_get_task_data(task);
	g_auto(GVariantBuilder) list = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("aa{sv}"));
	GPtrArray *routes;

	ask(core, &asking->question, asking->options);
	routes = asking->question.routes;
	for (guint i = 0; i < routes->len; i++)
		g_variant_builder_add_value(&list, route_variant(core, routes->pdata[i]));
	g_task_return_pointer(task, g_variant_ref_sink(g_variant_builder_end(&list)),
			      (GDestroyNotify)g_variant_unref);
}

void cusax_core_get_call_routes(CusaxCore *core, const char *target, GVariant *options,
				GAsyncReadyCallback callback, gpointer data)
{
	begin(core, target, options, NULL, list_routes, callback, data);
}

static void take_route(CusaxCore *core, gpointer data)
{
	g_autoptr(GTask) task = data;
	Asking *asking = g_task_get_task_data(task);
	Question *question = &asking->question;
	const CusaxRoute *route;
	CusaxAccount *account;
	CusaxCall *call = NULL;
	GError *error = NULL;

	ask(core, question, asking->options);
	route = cusax_route_choose(question->routes, &question->intent, question->accounts,
				   question->n_accounts, &error);
	if (route) {
		account = cusax_registry_find(core->registry, CUSAX_TYPE_ACCOUNT, route->account);
		call = core_call_place(core, account, route->uri, question->target.contact,
				       route->charges, &asking->referral, &error);
	}
	if (call)
		g_task_return_pointer(task, g_object_ref(call), g_object_unref);
	else
		g_task_return_error(task, error);
}

void cusax_core_call(CusaxCore *core, const char *target, GVariant *options,
		     GAsyncReadyCallback callback, gpointer data)
{
	begin(core, target, options, NULL, take_route, callback, data);
}

/* --- calls that somebody else asks for ------------------------------------------------------------- */

void core_route_call(CusaxCore *core, const char *target, GVariant *options,
		     const CoreReferral *referral, GAsyncReadyCallback callback, gpointer data)
{
	begin(core, target, options, referral, take_route, callback, data);
}

static GVariant *by_account(CusaxAccount *account)
{
	g_autofree char *path = cusax_object_path(CUSAX_OBJECT(account));
	GVariantDict dict;

	g_variant_dict_init(&dict, NULL);
	g_variant_dict_insert(&dict, "account", "o", path);
	return g_variant_dict_end(&dict);
}

CusaxCharges core_route_charges(CusaxCore *core, const char *uri, CusaxAccount *account)
{
	g_autoptr(GVariant) options = g_variant_ref_sink(by_account(account));
	g_auto(Question) question = { 0 };

	question.target.uri = g_strdup(uri);
	ask(core, &question, options);
	return question.routes->len ? ((CusaxRoute *)question.routes->pdata[0])->charges
				    : CUSAX_CHARGES_UNKNOWN;
}

static void take_address(CusaxCore *core, gpointer data)
{
	g_autoptr(GTask) task = data;
	Question *question = &((Asking *)g_task_get_task_data(task))->question;
	const CusaxRoute *route;
	GError *error = NULL;

	ask(core, question, ((Asking *)g_task_get_task_data(task))->options);
	/* The other side calls, not we. */
	question->intent.confirm_charges = FALSE;
	route = cusax_route_choose(question->routes, &question->intent, question->accounts,
				   question->n_accounts, &error);
	if (route)
		g_task_return_pointer(task, g_strdup(route->uri), g_free);
	else
		g_task_return_error(task, error);
}

void core_route_resolve(CusaxCore *core, const char *target, CusaxAccount *account,
			GAsyncReadyCallback callback, gpointer data)
{
	begin(core, target, by_account(account), NULL, take_address, callback, data);
}
