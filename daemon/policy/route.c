/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Listing, ranking and choosing routes. */
/* Pure functions: no state, any thread. */
#include "daemon/policy/route.h"

#include <string.h>

#include "daemon/base/error.h"
#include "daemon/base/jid.h"

#define UNRANKED 1000

/* An address of the target, before any account. */
typedef struct {
	const char *uri;
	CusaxFeatures media;
	CusaxSource source;
	gboolean verified;
	guint preference;
} Target;

/* A route and what it is sorted by. */
typedef struct {
	CusaxRoute route; /* first: the array hands out CusaxRoute */
	guint account;
	guint preference;
	gboolean emergency;
} Ranked;

static gboolean can_call(const CusaxRouteAccount *account, const CusaxRouteIntent *intent)
{
	if (!(account->features & CUSAX_FEATURE_AUDIO))
		return FALSE;
	/* C60: a chat account can only call the contacts of its own roster. */
	return account->protocol == CUSAX_PROTOCOL_SIP ||
	       (intent->chat_address && g_strcmp0(account->id, intent->chat_account) == 0);
}

static gboolean is_related(const CusaxRouteAccount *account, const CusaxRouteIntent *intent)
{
	return account->protocol == CUSAX_PROTOCOL_SIP && account->chat && intent->chat_account &&
	       strcmp(account->chat, intent->chat_account) == 0;
}

/* What is known about all accounts together. */
typedef struct {
	guint capable;
	guint related;
} Field;

static Field survey(const CusaxRouteIntent *intent, const CusaxRouteAccount *accounts, guint n)
{
	Field field = { 0 };

	for (guint i = 0; i < n; i++) {
		if (!can_call(&accounts[i], intent))
			continue;
		field.capable++;
		if (is_related(&accounts[i], intent))
			field.related++;
	}
	return field;
}

static CusaxRouteReason rank_of(const CusaxRouteAccount *account, const CusaxRouteIntent *intent,
				const Field *field)
{
	if (intent->account)
		return CUSAX_ROUTE_EXPLICIT;
	if (field->related == 1 && is_related(account, intent))
		return CUSAX_ROUTE_RELATED;
	if (field->capable == 1)
		return CUSAX_ROUTE_ONLY;
	if (field->related == 1)
		return CUSAX_ROUTE_OTHER;
	return account->protocol == CUSAX_PROTOCOL_XMPP ? CUSAX_ROUTE_SOURCE : CUSAX_ROUTE_CHOICE;
}

static void add_target(GArray *targets, const CusaxPhoneEntry *entry, const char *uri)
{
	Target target = {
		.uri = uri,
		.media = entry->media,
		.source = entry->source,
		.verified = entry->association,
		.preference = entry->preference ? MIN(entry->preference, UNRANKED - 1) : UNRANKED,
	};

	g_array_append_val(targets, target);
}

/* An address given explicitly may be one of the target's: then it is known where it is from. */
static void add_explicit(GArray *targets, const CusaxRouteIntent *intent, const CusaxDialPlan *plan)
{
	g_autofree char *key = cusax_number_key(intent->uri, plan);
	Target typed = { intent->uri, CUSAX_FEATURE_AUDIO | CUSAX_FEATURE_VIDEO, CUSAX_SOURCE_TYPED,
			 FALSE, UNRANKED };

	for (guint i = 0; key && intent->phones && i < intent->phones->len; i++) {
		const CusaxPhoneEntry *entry = g_ptr_array_index(intent->phones, i);

		if (entry->media && g_strcmp0(entry->key, key) == 0) {
			add_target(targets, entry, intent->uri);
			return;
		}
	}
	g_array_append_val(targets, typed);
}

static GArray *targets_for(const CusaxRouteIntent *intent, const CusaxDialPlan *plan)
{
	GArray *targets = g_array_new(FALSE, FALSE, sizeof(Target));

	if (intent->uri) {
		add_explicit(targets, intent, plan);
		return targets;
	}
	for (guint i = 0; intent->phones && i < intent->phones->len; i++) {
		const CusaxPhoneEntry *entry = g_ptr_array_index(intent->phones, i);

		if (entry->media)
			add_target(targets, entry, entry->uri);
	}
	return targets;
}

static CusaxRouteUse use_of(const CusaxRouteAccount *account, const char *uri)
{
	if (!account->online)
		return CUSAX_ROUTE_OFFLINE;
	if (g_str_has_prefix(uri, "sips:") && !account->tls)
		return CUSAX_ROUTE_NO_TLS;
	return CUSAX_ROUTE_USABLE;
}

static char *explain(const CusaxRoute *route, const CusaxRouteAccount *account)
{
	GString *text = g_string_new(cusax_route_reason_text(route->rank));

	if (route->use == CUSAX_ROUTE_OFFLINE)
		g_string_append_printf(text, " %s is not connected.", account->label);
	if (route->use == CUSAX_ROUTE_NO_TLS)
		g_string_append_printf(text, " The address asks for TLS, which %s does not use.",
				       account->label);
	return g_string_free(text, FALSE);
}

static void set_charges(Ranked *ranked, const Target *target, const CusaxRouteAccount *account,
			const CusaxRouteIntent *intent)
{
	CusaxChargesResult result = cusax_charges_of(target->uri, &account->plan, &account->rules);
	CusaxRoute *route = &ranked->route;

	route->charges = result.charges;
	route->charges_reason = result.reason;
	route->cue = g_strdup(result.cue);
	ranked->emergency = result.reason == CUSAX_CHARGES_EMERGENCY;
	if (intent->confirm_charges && result.charges != CUSAX_CHARGES_NONE)
		route->confirm = cusax_route_token(route->uri, route->account, intent->secret,
						   intent->secret_length);
}

static void add_sip_route(GPtrArray *routes, const Target *target, guint index,
			  const CusaxRouteAccount *account, const CusaxRouteIntent *intent,
			  const Field *field)
{
	g_autofree char *uri = cusax_number_dial(target->uri, &account->plan);
	Ranked *ranked;

	if (!uri)
		return;
	ranked = g_new0(Ranked, 1);
	ranked->account = index;
	ranked->preference = target->preference;
	ranked->route.account = g_strdup(account->id);
	ranked->route.address = g_strdup(target->uri);
	ranked->route.key = cusax_number_key(target->uri, &account->plan);
	ranked->route.media = target->media & account->features & intent->media;
	ranked->route.source = target->source;
	ranked->route.verified = target->verified;
	ranked->route.rank = rank_of(account, intent, field);
	ranked->route.use = use_of(account, uri);
	ranked->route.uri = g_steal_pointer(&uri);
	set_charges(ranked, target, account, intent);
	ranked->route.reason = explain(&ranked->route, account);
	g_ptr_array_add(routes, ranked);
}

static void add_chat_route(GPtrArray *routes, guint index, const CusaxRouteAccount *account,
			   const CusaxRouteIntent *intent, const Field *field)
{
	Ranked *ranked = g_new0(Ranked, 1);

	ranked->account = index;
	ranked->preference = UNRANKED;
	ranked->route.account = g_strdup(account->id);
	ranked->route.uri = cusax_jid_to_uri(intent->chat_address);
	ranked->route.address = g_strdup(intent->chat_address);
	ranked->route.media = account->features & intent->media;
	ranked->route.verified = TRUE;
	ranked->route.charges_reason = CUSAX_CHARGES_OWN_DOMAIN;
	ranked->route.rank = rank_of(account, intent, field);
	ranked->route.use = account->online ? CUSAX_ROUTE_USABLE : CUSAX_ROUTE_OFFLINE;
	ranked->route.reason = explain(&ranked->route, account);
	g_ptr_array_add(routes, ranked);
}

static void add_account(GPtrArray *routes, guint index, const CusaxRouteAccount *account,
			const CusaxRouteIntent *intent, const Field *field)
{
	g_autoptr(GArray) targets = NULL;

	if (account->protocol == CUSAX_PROTOCOL_XMPP) {
		if (!intent->uri)
			add_chat_route(routes, index, account, intent, field);
		return;
	}
	targets = targets_for(intent, &account->plan);
	for (guint i = 0; i < targets->len; i++)
		add_sip_route(routes, &g_array_index(targets, Target, i), index, account, intent,
			      field);
}

/* What costs less comes first, where the person called has no preference. */
static const int cost[] = {
	[CUSAX_CHARGES_NONE] = 0,
	[CUSAX_CHARGES_POSSIBLE] = 1,
	[CUSAX_CHARGES_UNKNOWN] = 1,
	[CUSAX_CHARGES_EXPECTED] = 2,
};

static gboolean has_video(const Ranked *ranked)
{
	return (ranked->route.media & CUSAX_FEATURE_VIDEO) != 0;
}

static int compare(gconstpointer a, gconstpointer b)
{
	const Ranked *left = *(const Ranked *const *)a;
	const Ranked *right = *(const Ranked *const *)b;

	/* All of these are small numbers: differences do not overflow. */
	if (left->route.rank != right->route.rank)
		return (int)left->route.rank - (int)right->route.rank;
	if (left->account != right->account)
		return (int)left->account - (int)right->account;
	if (has_video(left) != has_video(right))
		return has_video(right) - has_video(left);
	if (left->route.verified != right->route.verified)
		return right->route.verified - left->route.verified;
	if (left->preference != right->preference)
		return (int)left->preference - (int)right->preference;
	return cost[left->route.charges] - cost[right->route.charges];
}

/* The ranks that leave no question which account to take. */
static const gboolean decides_account[] = {
	[CUSAX_ROUTE_EXPLICIT] = TRUE,   [CUSAX_ROUTE_RELATED] = TRUE, [CUSAX_ROUTE_ONLY] = TRUE,
	[CUSAX_ROUTE_EMERGENCY] = FALSE, [CUSAX_ROUTE_CHOICE] = FALSE, [CUSAX_ROUTE_SOURCE] = FALSE,
	[CUSAX_ROUTE_OTHER] = FALSE,
};

/* An emergency call waits for nobody's choice: the best account that works carries it (T17). */
static gboolean prefer_emergency(GPtrArray *routes)
{
	for (guint i = 0; i < routes->len; i++) {
		Ranked *ranked = g_ptr_array_index(routes, i);

		if (!ranked->emergency || ranked->route.use != CUSAX_ROUTE_USABLE)
			continue;
		ranked->route.preferred = TRUE;
		if (!decides_account[ranked->route.rank]) {
			ranked->route.rank = CUSAX_ROUTE_EMERGENCY;
			g_free(ranked->route.reason);
			ranked->route.reason =
				g_strdup(cusax_route_reason_text(CUSAX_ROUTE_EMERGENCY));
		}
		/* Best first holds here too. */
		g_ptr_array_insert(routes, 0, g_ptr_array_steal_index(routes, i));
		return TRUE;
	}
	return FALSE;
}

/* Marks the first route of the account to take that works, or else its first. */
static void prefer(GPtrArray *routes)
{
	CusaxRoute *chosen = NULL;

	if (prefer_emergency(routes))
		return;
	for (guint i = 0; i < routes->len; i++) {
		CusaxRoute *route = g_ptr_array_index(routes, i);

		if (!decides_account[route->rank])
			break;
		if (!chosen ||
		    (chosen->use != CUSAX_ROUTE_USABLE && route->use == CUSAX_ROUTE_USABLE))
			chosen = route;
	}
	if (chosen)
		chosen->preferred = TRUE;
}

static gboolean is_same_token(const char *a, const char *b)
{
	gsize length = strlen(a);
	guint8 difference = 0;

	if (!b || strlen(b) != length)
		return FALSE;
	/* In constant time: how much of a guess was right is not to be measured. */
	for (gsize i = 0; i < length; i++)
		difference |= a[i] ^ b[i];
	return difference == 0;
}

static const CusaxRouteAccount *find_account(const CusaxRouteAccount *accounts, guint n,
					     const char *id)
{
	for (guint i = 0; i < n; i++) {
		if (strcmp(accounts[i].id, id) == 0)
			return &accounts[i];
	}
	return NULL;
}

/* Why there is no route at all. */
static void explain_nothing(const CusaxRouteIntent *intent, const CusaxRouteAccount *accounts,
			    guint n, GError **error)
{
	const CusaxRouteAccount *named =
		intent->account ? find_account(accounts, n, intent->account) : NULL;
	gboolean off = FALSE, on = FALSE;

	if (intent->account && !named) {
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_NOT_FOUND,
			    "account: there is no enabled account %s", intent->account);
		return;
	}
	for (guint i = 0; i < n; i++) {
		if (named && named != &accounts[i])
			continue;
		off |= !(accounts[i].features & CUSAX_FEATURE_AUDIO);
		on |= can_call(&accounts[i], intent);
	}
	if (on)
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_NO_ROUTE,
			    "no address of the target can be called");
	else if (off)
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_FEATURE_DISABLED,
			    "calls are switched off");
	else
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_NO_ROUTE,
			    "there is no account that can call the target");
}

/* FALSE where the route cannot carry the video asked for (C47). */
static gboolean check_media(const CusaxRoute *route, const CusaxRouteIntent *intent,
			    const CusaxRouteAccount *account, GError **error)
{
	if (!(intent->media & ~route->media & CUSAX_FEATURE_VIDEO))
		return TRUE;
	if (account->features & CUSAX_FEATURE_VIDEO)
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_NO_ROUTE,
			    "no address of the target takes video");
	else
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_FEATURE_DISABLED,
			    "video is switched off for %s", account->label);
	return FALSE;
}

static gboolean check_use(const CusaxRoute *route, GError **error)
{
	if (route->use == CUSAX_ROUTE_USABLE)
		return TRUE;
	g_set_error_literal(error, CUSAX_ERROR,
			    route->use == CUSAX_ROUTE_OFFLINE ? CUSAX_ERROR_NOT_REGISTERED
							      : CUSAX_ERROR_SECURITY_REQUIRED,
			    route->reason);
	return FALSE;
}

void cusax_route_free(CusaxRoute *route)
{
	if (!route)
		return;
	g_free(route->account);
	g_free(route->uri);
	g_free(route->address);
	g_free(route->key);
	g_free(route->cue);
	g_free(route->confirm);
	g_free(route->reason);
	/* The array holds Ranked, of which this is the first member. */
	g_free(route);
}

GPtrArray *cusax_route_list(const CusaxRouteIntent *intent, const CusaxRouteAccount *accounts,
			    guint n)
{
	GPtrArray *routes = g_ptr_array_new_with_free_func((GDestroyNotify)cusax_route_free);
	Field field = survey(intent, accounts, n);

	for (guint i = 0; i < n; i++) {
		if (!can_call(&accounts[i], intent) ||
		    (intent->account && strcmp(intent->account, accounts[i].id) != 0))
			continue;
		add_account(routes, i, &accounts[i], intent, &field);
	}
	g_ptr_array_sort(routes, compare);
	prefer(routes);
	return routes;
}

const CusaxRoute *cusax_route_choose(const GPtrArray *routes, const CusaxRouteIntent *intent,
				     const CusaxRouteAccount *accounts, guint n, GError **error)
{
	const CusaxRoute *chosen = NULL;

	for (guint i = 0; i < routes->len && !chosen; i++) {
		const CusaxRoute *route = g_ptr_array_index(routes, i);

		chosen = route->preferred ? route : NULL;
	}
	if (!routes->len) {
		explain_nothing(intent, accounts, n, error);
		return NULL;
	}
	if (!chosen) {
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_ACCOUNT_CHOICE_NEEDED,
			    "several accounts can call the target: name one as \"account\"");
		return NULL;
	}
	if (!check_media(chosen, intent, find_account(accounts, n, chosen->account), error) ||
	    !check_use(chosen, error))
		return NULL;
	if (chosen->confirm && !is_same_token(chosen->confirm, intent->confirm)) {
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_CONFIRMATION_NEEDED, "%s", chosen->cue);
		return NULL;
	}
	return chosen;
}

char *cusax_route_token(const char *uri, const char *account, const guint8 *secret,
			gsize secret_length)
{
	g_autofree char *text = g_strconcat(account, "\n", uri, NULL);

	return g_compute_hmac_for_string(G_CHECKSUM_SHA256, secret, secret_length, text, -1);
}

const char *cusax_route_reason_text(CusaxRouteReason reason)
{
	switch (reason) {
	case CUSAX_ROUTE_EMERGENCY:
		return "An emergency number: the best account that works.";
	case CUSAX_ROUTE_EXPLICIT:
		return "The account that was asked for.";
	case CUSAX_ROUTE_RELATED:
		return "The telephony account that belongs to the contact's chat account.";
	case CUSAX_ROUTE_ONLY:
		return "The only account that can call.";
	case CUSAX_ROUTE_CHOICE:
		return "One of several accounts, none of which belongs to the contact's.";
	case CUSAX_ROUTE_SOURCE:
		return "The chat account itself, which can call.";
	case CUSAX_ROUTE_OTHER:
		return "Another account than the one that belongs to the contact's.";
	}
	g_return_val_if_reached("");
}
