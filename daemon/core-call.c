/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls: the call machine of policy, its effects, and what the telephony service tells. */
/* Main thread. */
#define CUSAX_LOG_DOMAIN "core"
#include "daemon/core-private.h"

#include <malloc.h>

#include "daemon/base/log.h"
#include "daemon/base/text.h"
#include "daemon/policy/number.h"

#define READABLE_SECONDS 60  /* an ended call stays so long; then it is in the call log */
#define MAX_READABLE     100 /* ended ones: however many come, no more of them are objects */
#define MAX_CALLS        32  /* not ended, both directions */
#define HEAD_START_MSEC  2   /* of the announcement, before what else a call needs */

static void record_free(CoreCall *record)
{
	g_clear_handle_id(&record->announced, g_source_remove);
	g_object_unref(record->call);
	g_free(record->from_uri);
	g_free(record->asserted_uri);
	g_free(record->unproven_uri);
	g_strfreev(record->impp);
	g_free(record->awaits);
	for (guint i = 0; i < record->awaiting_end->len; i++)
		g_task_return_boolean(record->awaiting_end->pdata[i], TRUE);
	g_ptr_array_unref(record->awaiting_end);
	g_free(record);
}

GHashTable *core_calls_new(void)
{
	return g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL,
				     (GDestroyNotify)record_free);
}

static CoreCall *record_new(CusaxCore *core, CusaxCall *call)
{
	CoreCall *record = g_new0(CoreCall, 1);

	record->call = g_object_ref(call);
	record->fsm = cusax_call_fsm_init(call->direction);
	record->awaiting_end = g_ptr_array_new_with_free_func(g_object_unref);
	g_hash_table_insert(core->calls, &call->handle, record);
	return record;
}

CoreCall *core_call_record(CusaxCore *core, CusaxCall *call)
{
	return g_hash_table_lookup(core->calls, &call->handle);
}

static CusaxOperation *operation(CoreCall *record, CusaxOperationKind kind)
{
	CusaxOperation *op =
		cusax_operation_new(kind, cusax_object_id(CUSAX_OBJECT(record->call->account)));

	op->call = record->call->handle;
	return op;
}

guint core_call_count(CusaxCore *core, CusaxCallState state)
{
	GHashTableIter iter;
	gpointer record;
	guint count = 0;

	g_hash_table_iter_init(&iter, core->calls);
	while (g_hash_table_iter_next(&iter, NULL, &record))
		count += ((CoreCall *)record)->fsm.state == state;
	return count;
}

/* --- effects --------------------------------------------------------------------------------------- */

/* A call that has ended, in the core's queue of them. */
typedef struct {
	char *id;
	gint64 until; /* monotonic: then it is forgotten */
} Ended;

static void ended_free(gpointer data)
{
	g_free(((Ended *)data)->id);
	g_free(data);
}

void core_calls_forget_all(CusaxCore *core)
{
	g_clear_handle_id(&core->forgetting, g_source_remove);
	g_queue_clear_full(&core->ended, ended_free);
}

static void forget_oldest(CusaxCore *core)
{
	Ended *oldest = g_queue_pop_head(&core->ended);
	CusaxCall *call = cusax_registry_find(core->registry, CUSAX_TYPE_CALL, oldest->id);

	ended_free(oldest);
	if (!call)
		return;
	core_referral_forget(core, call);
	cusax_registry_remove(core->registry, CUSAX_OBJECT(call));
}

/* Circular: it plans the next. */
static gboolean on_forget(gpointer data);

/* One timer, that of the oldest, however many there are. */
static void plan_forgetting(CusaxCore *core)
{
	const Ended *oldest = g_queue_peek_head(&core->ended);
	gint64 left;

	if (core->forgetting || !oldest)
		return;
	left = MAX(oldest->until - g_get_monotonic_time(), 0);
	core->forgetting =
		g_timeout_add_seconds((guint)(left / G_USEC_PER_SEC) + 1, on_forget, core);
	g_source_set_name_by_id(core->forgetting, "forget calls");
}

static void on_rested(G_GNUC_UNUSED GObject *source, G_GNUC_UNUSED GAsyncResult *result,
		      G_GNUC_UNUSED gpointer data)
{
	malloc_trim(0);
}

static gboolean on_forget(gpointer data)
{
	CusaxCore *core = data;
	gint64 now = g_get_monotonic_time();
	const Ended *oldest;

	core->forgetting = 0;
	while ((oldest = g_queue_peek_head(&core->ended)) && oldest->until <= now)
		forget_oldest(core);
	plan_forgetting(core);
	/* What many calls and their transactions needed goes back to the system. */
	if (g_queue_is_empty(&core->ended) && g_hash_table_size(core->calls) == 0)
		cusax_history_rest(core->history, on_rested, NULL);
	return G_SOURCE_REMOVE;
}

static void forget_later(CusaxCore *core, CusaxCall *call)
{
	Ended *ended = g_new(Ended, 1);

	*ended = (Ended){ g_strdup(cusax_object_id(CUSAX_OBJECT(call))),
			  g_get_monotonic_time() + READABLE_SECONDS * G_USEC_PER_SEC };
	g_queue_push_tail(&core->ended, ended);
	if (core->ended.length > MAX_READABLE)
		forget_oldest(core);
	plan_forgetting(core);
}

static void on_accept_done(CusaxCore *core, const GError *error, gpointer data)
{
	guint64 handle = GPOINTER_TO_SIZE(data);
	CoreCall *record = g_hash_table_lookup(core->calls, &handle);

	if (error && record)
		core_call_input(core, record, CUSAX_CALL_ON_ACCEPT_FAILED, CUSAX_END_NONE);
}

static void on_hold_done(CusaxCore *core, const GError *error, gpointer data)
{
	guint64 handle = GPOINTER_TO_SIZE(data);
	CoreCall *record = g_hash_table_lookup(core->calls, &handle);

	if (error && record)
		core_call_input(core, record, CUSAX_CALL_ON_HOLD_FAILED, CUSAX_END_NONE);
}

/* The caller hears it ring. */
static void ring(CusaxCore *core, CoreCall *record)
{
	core_submit(core, record->call->account, operation(record, CUSAX_OPERATION_RING), NULL,
		    NULL);
	core_call_log(core, record->call, FALSE);
}

static void send(CusaxCore *core, CoreCall *record, CusaxCallEffects effects)
{
	CusaxAccount *account = record->call->account;
	gpointer handle = GSIZE_TO_POINTER(record->call->handle);
	CusaxOperation *op;

	/* However quick somebody answers. */
	if (effects & (CUSAX_CALL_SEND_ACCEPT | CUSAX_CALL_SEND_DECLINE) && record->announced) {
		g_clear_handle_id(&record->announced, g_source_remove);
		ring(core, record);
	}
	if (effects & CUSAX_CALL_SEND_ACCEPT) {
		core_call_voice(core, record);
		op = operation(record, CUSAX_OPERATION_ACCEPT);
		op->accept.input_device = g_strdup(core_call_device(core, record->call, TRUE));
		op->accept.output_device = g_strdup(core_call_device(core, record->call, FALSE));
		core_submit(core, account, op, on_accept_done, handle);
	}
	if (effects & CUSAX_CALL_SEND_DECLINE) {
		op = operation(record, CUSAX_OPERATION_DECLINE);
		op->decline.code = record->decline_code ? record->decline_code : 603;
		core_submit(core, account, op, NULL, NULL);
	}
	if (effects & CUSAX_CALL_SEND_HANGUP)
		core_submit(core, account, operation(record, CUSAX_OPERATION_HANGUP), NULL, NULL);
	if (effects & CUSAX_CALL_SEND_HOLD) {
		op = operation(record, CUSAX_OPERATION_HOLD);
		op->toggle.on = record->fsm.held;
		core_submit(core, account, op, on_hold_done, handle);
	}
	if (effects & CUSAX_CALL_SEND_MUTE) {
		op = operation(record, CUSAX_OPERATION_MUTE);
		op->toggle.on = record->fsm.muted;
		core_submit(core, account, op, NULL, NULL);
	}
}

static void end(CusaxCore *core, CoreCall *record)
{
	CusaxCall *call = record->call;

	if (call->end_time - call->start_time < 0) /* the clock was set back in the call */
		g_object_set(call, "end-time", call->start_time, NULL);
	core_call_leave_mix(core, call);
	g_object_set(call, "recording", FALSE, NULL);
	forget_later(core, call);
	core_call_log(core, call, record->missed);
	g_hash_table_remove(core->calls, &call->handle); /* frees record */
	if (call->service && call->service->telephony_account)
		core_security_update(core, call->service);
	core_presence_publish_all(core);
}

void core_call_hold_others(CusaxCore *core, CusaxCall *call)
{
	g_autoptr(GList) records = g_hash_table_get_values(core->calls);
	CoreCall *record = core_call_record(core, call);

	for (GList *node = records; node; node = node->next) {
		CoreCall *other = node->data;

		/* A step that does not fit its state changes nothing; what is replaced ends, and those that
		 * are merged talk at the same time. */
		if (other->call != call && other->call->handle != record->replaces &&
		    !(call->merged && other->call->merged))
			core_call_input(core, other, CUSAX_CALL_DO_HOLD, CUSAX_END_NONE);
	}
}

/* RFC 3891 §3: the call whose place this one took. */
static void end_replaced(CusaxCore *core, CoreCall *record)
{
	CoreCall *replaced = g_hash_table_lookup(core->calls, &record->replaces);

	record->replaces = 0;
	if (!replaced)
		return;
	g_object_set(replaced->call, "end-text", "another call took its place", NULL);
	core_call_input(core, replaced, CUSAX_CALL_DO_HANGUP, CUSAX_END_NONE);
}

/* --- the one place where the state of a call changes ------------------------------------------------ */

CusaxCallVerdict core_call_input(CusaxCore *core, CoreCall *record, CusaxCallInput input,
				 CusaxEndReason reason)
{
	CusaxCall *call = record->call;
	CusaxCallState before = record->fsm.state;
	CusaxCallEffects effects = 0;
	CusaxCallVerdict verdict =
		cusax_call_fsm_step(&record->fsm, input, reason, &record->fsm, &effects);
	gint64 now = g_get_real_time();

	if (verdict != CUSAX_CALL_STEPPED)
		return verdict;
	if (before != record->fsm.state)
		cusax_info(cusax_object_id(CUSAX_OBJECT(call)), "%s -> %s (%s%s%s)",
			   cusax_word(CUSAX_TYPE_CALL_STATE, before),
			   cusax_word(CUSAX_TYPE_CALL_STATE, record->fsm.state),
			   cusax_call_input_word(input),
			   record->fsm.end_reason != CUSAX_END_NONE ? ": " : "",
			   cusax_word(CUSAX_TYPE_END_REASON, record->fsm.end_reason));
	/* One talks at a time; the one that is resumed or answered comes first. */
	if (effects & CUSAX_CALL_SEND_ACCEPT ||
	    (effects & CUSAX_CALL_SEND_HOLD && !record->fsm.held))
		core_call_hold_others(core, call);
	send(core, record, effects);
	record->missed |= (effects & CUSAX_CALL_NOTE_MISSED) != 0;
	g_object_set(call, "state", record->fsm.state, "held", record->fsm.held, "muted",
		     record->fsm.muted, "end-reason", record->fsm.end_reason, "answer-time",
		     effects & CUSAX_CALL_NOTE_ANSWER ? now : call->answer_time, "end-time",
		     effects & CUSAX_CALL_NOTE_END ? now : call->end_time, NULL);
	if (before != record->fsm.state)
		core_referral_tell(core, record);
	if (effects & CUSAX_CALL_NOTE_ANSWER) {
		core_callers_forgive(core, record);
		end_replaced(core, record);
		core_call_log(core, call, FALSE);
		core_presence_publish_all(core);
	}
	if (effects & CUSAX_CALL_NOTE_END)
		end(core, record);
	core_sound_update(core);
	return verdict;
}

static void end_with(CusaxCore *core, CoreCall *record, CusaxEndReason reason, guint code,
		     const char *text)
{
	g_autofree char *shown = text ? cusax_text_line(text, 256) : NULL;
	g_autoptr(CusaxCall) call = g_object_ref(record->call);

	g_object_freeze_notify(G_OBJECT(call));
	g_object_set(call, "end-code", code, "end-text", shown, NULL);
	core->busy_tone = reason == CUSAX_END_BUSY;
	core_call_input(core, record, CUSAX_CALL_ON_ENDED, reason);
	g_object_thaw_notify(G_OBJECT(call));
}

void core_call_end_all(CusaxCore *core, CusaxAccount *account, CusaxEndReason reason,
		       const char *text)
{
	g_autoptr(GList) records = g_hash_table_get_values(core->calls);

	for (GList *node = records; node; node = node->next) {
		CoreCall *record = node->data;

		if (record->call->account == account)
			end_with(core, record, reason, 0, text);
	}
}

/* Where the dialled address of a contact was found. */
static CusaxSource source_of(CusaxCore *core, CusaxContact *contact, const char *uri)
{
	GPtrArray *entries = core_numbers_of(core, contact);
	CusaxDialPlan plan = core_service_dial_plan(core_service_of(contact->account));
	g_autofree char *key = cusax_number_key(uri, &plan);

	for (guint i = 0; entries && i < entries->len; i++) {
		CusaxPhoneEntry *entry = entries->pdata[i];

		if (g_strcmp0(entry->key, key) == 0)
			return entry->source;
	}
	return CUSAX_SOURCE_TYPED;
}

/* --- outgoing ----------------------------------------------------------------------------------------- */

static void on_placed(CusaxCore *core, const GError *error, gpointer data)
{
	guint64 handle = GPOINTER_TO_SIZE(data);
	CoreCall *record = g_hash_table_lookup(core->calls, &handle);

	if (error && record)
		end_with(core, record,
			 g_error_matches(error, CUSAX_ERROR, CUSAX_ERROR_SECURITY_REQUIRED)
				 ? CUSAX_END_REFUSED_BY_POLICY
				 : CUSAX_END_FAILED,
			 0, error->message);
}

CusaxCall *core_call_place(CusaxCore *core, CusaxAccount *account, const char *uri,
			   CusaxContact *contact, CusaxCharges charges,
			   const CoreReferral *referral, GError **error)
{
	CusaxService *service = core_service_of(account);
	g_autoptr(CusaxCall) call = NULL;
	CusaxOperation *place;
	CoreCall *record;

	if (g_hash_table_size(core->calls) >= MAX_CALLS) {
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_LIMIT_EXCEEDED,
			    "there are %d calls already", MAX_CALLS);
		return NULL;
	}
	call = cusax_call_new(cusax_id_next(), account, CUSAX_CALL_OUTGOING_DIRECTION,
			      CUSAX_CALL_DIALING, uri, g_get_real_time());
	/* Who is called is known by the way they were found, not by what they say. */
	g_object_set(call, "charges", charges, "contact", contact, "identity",
		     contact ? CUSAX_IDENTITY_VERIFIED : CUSAX_IDENTITY_UNKNOWN, "identity-source",
		     contact ? cusax_word(CUSAX_TYPE_SOURCE, source_of(core, contact, uri))
			     : cusax_word(CUSAX_TYPE_SOURCE, CUSAX_SOURCE_TYPED),
		     "remote-name", contact ? contact->name : NULL, NULL);
	record = record_new(core, call);
	cusax_registry_add(core->registry, CUSAX_OBJECT(call));
	core_call_log(core, call, FALSE);
	place = operation(record, CUSAX_OPERATION_CALL);
	place->place.uri = g_strdup(uri);
	place->place.input_device = g_strdup(core_call_device(core, call, TRUE));
	place->place.output_device = g_strdup(core_call_device(core, call, FALSE));
	if (referral) {
		place->place.replaces = g_strdup(referral->replaces);
		place->place.referred_by = g_strdup(referral->referred_by);
		record->referrer = referral->referrer;
	}
	core_call_hold_others(core, call);
	if (service && cusax_settings_boolean(core_policy(core), "send-call-info")) /* C71, C72 */
		place->place.impp = g_strdup(service->chat_account->address);
	core_submit(core, account, place, on_placed, GSIZE_TO_POINTER(call->handle));
	core_call_voice(core, record);
	core_presence_publish_all(core);
	return call; /* the registry holds it */
}

/* --- incoming ----------------------------------------------------------------------------------------- */

static void turn_away(CusaxCore *core, CusaxAccount *account, guint64 handle, guint code,
		      const char *why)
{
	CusaxOperation *decline = cusax_operation_new(CUSAX_OPERATION_DECLINE,
						      cusax_object_id(CUSAX_OBJECT(account)));

	decline->call = handle;
	decline->decline.code = code;
	core_submit(core, account, decline, NULL, NULL);
	core_count(core, "calls-refused");
	cusax_info(cusax_object_id(CUSAX_OBJECT(account)), "an incoming call was refused: %s", why);
}

static CusaxAdmitDecision admit(CusaxCore *core, CoreCall *record, guint others_ringing,
				gboolean media_offered)
{
	CusaxSettings *policy = core_policy(core);
	CusaxCall *call = record->call;
	CusaxCallerVerdict verdict = core_callers_judge(core, record);
	CusaxAdmitFacts facts = {
		.identity = call->identity,
		.looking_up = record->awaits != NULL,
		.blocked = verdict.blocked,
		.allowed = verdict.allowed,
		.emergency = verdict.emergency,
		.audio_enabled = (call->account->features & CUSAX_FEATURE_AUDIO) != 0,
		.media_offered = media_offered,
		.unknown_callers = cusax_unknown_callers_from_word(
			cusax_settings_string(policy, "unknown-callers")),
		.availability = core->manager->availability,
		.dnd_silences = cusax_settings_boolean(policy, "dnd-silences-calls"),
		.ringing = others_ringing,
		.max_ringing = cusax_settings_uint(policy, "max-incoming-calls"),
	};

	return cusax_admit(&facts);
}

typedef struct {
	CusaxCore *core;
	CoreCall *record; /* ends this source with itself */
} Announced;

static gboolean on_announced(gpointer data)
{
	const Announced *announced = data;
	CusaxCore *core = announced->core;
	CoreCall *record = announced->record;

	record->announced = 0;
	ring(core, record);
	core_callers_answer(core, record);
	core_sound_update(core);
	return G_SOURCE_REMOVE;
}

/* The people at home hear of it first: the answer to the caller, the call log and the ring tone would
 * take the processors from those that carry the announcement. */
static void announce(CusaxCore *core, CoreCall *record)
{
	Announced *announced = g_new(Announced, 1);

	*announced = (Announced){ core, record };
	cusax_registry_add(core->registry, CUSAX_OBJECT(record->call));
	record->announced = g_timeout_add_full(G_PRIORITY_HIGH, HEAD_START_MSEC, on_announced,
					       announced, g_free);
	g_source_set_name_by_id(record->announced, "call announced");
}

void core_call_on_incoming(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event)
{
	CoreLink *link = core_link_of(core, account);
	guint ringing = core_call_count(core, CUSAX_CALL_INCOMING);
	g_autoptr(CusaxCall) call = NULL;
	g_autofree char *name = NULL, *uri = NULL;
	CusaxAdmitDecision decision;
	CoreCall *record, *replaced;

	if (g_hash_table_size(core->calls) >= MAX_CALLS) {
		turn_away(core, account, event->call, 486, "too many calls");
		return;
	}
	if (!core_callers_may_ring(core, account, event)) {
		turn_away(core, account, event->call, 486, "they come too often");
		return;
	}
	uri = cusax_text_line(event->call_incoming.asserted_uri ? event->call_incoming.asserted_uri
								: event->call_incoming.uri,
			      512);
	if (event->call_incoming.name)
		name = cusax_text_line(event->call_incoming.name, CUSAX_TEXT_NAME_MAX);
	call = cusax_call_new(event->call, account, CUSAX_CALL_INCOMING_DIRECTION,
			      CUSAX_CALL_INCOMING, uri, g_get_real_time());
	g_object_set(call, "remote-name", name, NULL);
	record = record_new(core, call);
	record->from_uri = g_strdup(event->call_incoming.uri);
	record->asserted_uri = g_strdup(event->call_incoming.asserted_uri);
	record->unproven_uri = g_strdup(event->call_incoming.unproven_uri);
	record->impp = g_strdupv(event->call_incoming.impp);
	record->anonymous = event->call_incoming.anonymous;
	replaced = g_hash_table_lookup(core->calls, &event->call_incoming.replaces);
	if (replaced) {
		record->replaces = replaced->call->handle;
		g_object_set(call, "replaces", replaced->call, NULL);
	}
	link->calls_heard++;
	link->calls_with_cue += record->impp && *record->impp != NULL;
	core_identity_grade(core, record);
	decision = admit(core, record, ringing, event->call_incoming.audio);
	if (decision.verdict == CUSAX_ADMIT_BUSY || decision.verdict == CUSAX_ADMIT_REFUSE) {
		turn_away(core, account, event->call, decision.code,
			  cusax_admit_reason_text(decision.reason));
		g_object_set(call, "state", CUSAX_CALL_ENDED, "end-reason",
			     CUSAX_END_REFUSED_BY_POLICY, "end-code", decision.code, "end-time",
			     call->start_time, NULL);
		core_call_log(core, call, FALSE);
		g_hash_table_remove(core->calls, &call->handle);
		return;
	}
	record->provisional = decision.reason == CUSAX_ADMIT_LOOKING_UP;
	record->silent = decision.verdict == CUSAX_ADMIT_SILENT;
	announce(core, record);
}

void core_call_admit_again(CusaxCore *core, CoreCall *record)
{
	CusaxAdmitDecision decision;

	if (record->awaits || record->fsm.state != CUSAX_CALL_INCOMING)
		return;
	if (!record->provisional) {
		core_callers_answer(core, record);
		return;
	}
	record->provisional = FALSE;
	decision = admit(core, record, 0, TRUE);
	record->silent = decision.verdict == CUSAX_ADMIT_SILENT;
	core_sound_update(core);
	if (decision.verdict != CUSAX_ADMIT_REFUSE && decision.verdict != CUSAX_ADMIT_BUSY) {
		core_callers_answer(core, record);
		return;
	}
	record->decline_code = decision.code;
	core_call_input(core, record, CUSAX_CALL_DO_DECLINE, CUSAX_END_NONE);
}

/* --- what the service tells of a call ----------------------------------------------------------------- */

void core_call_on_event(CusaxCore *core, const CusaxEvent *event)
{
	CoreCall *record = g_hash_table_lookup(core->calls, &event->call);

	if (!record)
		return; /* of a call that is over */
	switch (event->kind) {
	case CUSAX_EVENT_CALL_RINGING:
		g_object_set(record->call, "early-media", event->call_ringing.early_media, NULL);
		core_call_input(core, record, CUSAX_CALL_ON_RINGING, CUSAX_END_NONE);
		return;
	case CUSAX_EVENT_CALL_ANSWERED:
		core_call_input(core, record, CUSAX_CALL_ON_ANSWERED, CUSAX_END_NONE);
		return;
	case CUSAX_EVENT_CALL_MEDIA:
		g_object_set(record->call, "encryption", event->call_media.encryption, "codec",
			     event->call_media.codec, "remote-held", event->call_media.remote_held,
			     NULL);
		if (record->call->service)
			core_security_update(core, record->call->service);
		core_sound_update(core);
		return;
	case CUSAX_EVENT_CALL_DTMF:
		cusax_registry_moment(core->registry, record->call, "DtmfReceived",
				      g_variant_new("(s)", (char[]){ event->call_dtmf.key, '\0' }));
		return;
	case CUSAX_EVENT_CALL_DEVICE:
		g_object_set(record->call,
			     event->call_device.input ? "input-device-used" : "output-device-used",
			     event->call_device.device, NULL);
		return;
	case CUSAX_EVENT_CALL_RECORDING:
		core_call_on_recording(core, record, event);
		return;
	case CUSAX_EVENT_CALL_STATISTICS:
		core_call_on_statistics(record, event);
		return;
	case CUSAX_EVENT_CALL_REFERRED:
		core_referral_on_referred(core, record, event);
		return;
	case CUSAX_EVENT_CALL_TRANSFERRED:
		core_referral_on_progress(core, record, event);
		return;
	case CUSAX_EVENT_CALL_ENDED:
		end_with(core, record, event->call_ended.reason, event->call_ended.code,
			 event->call_ended.text);
		return;
	case CUSAX_EVENT_DONE:
	case CUSAX_EVENT_CONNECTION:
	case CUSAX_EVENT_REFUSED:
	case CUSAX_EVENT_AUDIO_DEVICES:
	case CUSAX_EVENT_ROSTER_BEGIN:
	case CUSAX_EVENT_ROSTER_ITEM:
	case CUSAX_EVENT_ROSTER_END:
	case CUSAX_EVENT_PRESENCE:
	case CUSAX_EVENT_CLIENT:
	case CUSAX_EVENT_LAST_SEEN:
	case CUSAX_EVENT_ARCHIVE_PREFERENCES:
	case CUSAX_EVENT_SUBSCRIPTION:
	case CUSAX_EVENT_VCARD:
	case CUSAX_EVENT_VCARD_CHANGED:
	case CUSAX_EVENT_REACHABILITY:
	case CUSAX_EVENT_RELAYS:
	case CUSAX_EVENT_BLOCK_LIST:
	case CUSAX_EVENT_MESSAGE:
	case CUSAX_EVENT_MESSAGE_STATE:
	case CUSAX_EVENT_ARCHIVE:
	case CUSAX_EVENT_HANDLED:
	case CUSAX_EVENT_CHAT_STATE:
	case CUSAX_EVENT_READ:
	case CUSAX_EVENT_REACTIONS:
	case CUSAX_EVENT_RETRACTION:
	case CUSAX_EVENT_MAILBOX:
	case CUSAX_EVENT_UPLOAD_SLOT:
	case CUSAX_EVENT_AVATAR:
	case CUSAX_EVENT_AVATAR_DATA:
	case CUSAX_EVENT_NICKNAME:
	case CUSAX_EVENT_PROFILE:
	case CUSAX_EVENT_ROOM_JOINED:
	case CUSAX_EVENT_ROOM_LEFT:
	case CUSAX_EVENT_ROOM_OCCUPANT:
	case CUSAX_EVENT_ROOM_SUBJECT:
	case CUSAX_EVENT_ROOM_CHANGED:
	case CUSAX_EVENT_ROOM_INFO:
	case CUSAX_EVENT_ROOM_INVITATION:
	case CUSAX_EVENT_ROOM_DECLINED:
	case CUSAX_EVENT_BOOKMARKS:
	case CUSAX_EVENT_BOOKMARK:
	case CUSAX_EVENT_CALL_INCOMING:
		g_return_if_reached(); /* not of a call that we know */
	}
}
