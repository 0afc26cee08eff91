/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is heard beside calls, and on which devices. */
/* Main thread. */
#define CUSAX_LOG_DOMAIN "core"
#include "daemon/core-private.h"

#include "daemon/base/log.h"

/* --- ringing ------------------------------------------------------------------------------------- */

/* B3: also where the person asks for quiet while it rings. */
static gboolean rings(CusaxCore *core, const CoreCall *record)
{
	return record->fsm.state == CUSAX_CALL_INCOMING && !record->silent &&
	       !(core->manager->availability == CUSAX_AVAILABILITY_DND &&
		 cusax_settings_boolean(core_policy(core), "dnd-silences-calls"));
}

static CusaxSound wanted(CusaxCore *core)
{
	gboolean ringing = FALSE, talking = FALSE, ringback = FALSE;
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, core->calls);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		CoreCall *record = value;
		const char *codec = record->call->codec;

		ringing |= rings(core, record);
		talking |= record->fsm.state == CUSAX_CALL_ACTIVE ||
			   record->fsm.state == CUSAX_CALL_RINGING;
		/* Once the other side sends sound, that is what is heard. */
		ringback |= record->fsm.state == CUSAX_CALL_RINGING && !(codec && *codec);
	}
	if (ringing && !talking)
		return CUSAX_SOUND_RING;
	if (!cusax_settings_boolean(core_policy(core), "call-tones"))
		return CUSAX_SOUND_NONE;
	if (ringing)
		return CUSAX_SOUND_WAITING;
	if (ringback)
		return CUSAX_SOUND_RINGBACK;
	/* It ends by itself, unless something else is to be heard. */
	return core->busy_tone || core->sound == CUSAX_SOUND_BUSY ? CUSAX_SOUND_BUSY
								  : CUSAX_SOUND_NONE;
}

static char *policy_word(CusaxCore *core, const char *key)
{
	const char *word = cusax_settings_string(core_policy(core), key);

	return word && *word ? g_strdup(word) : NULL;
}

void core_sound_update(CusaxCore *core)
{
	CusaxSound sound = core->stopping ? CUSAX_SOUND_NONE : wanted(core);
	CusaxOperation *play;
	gboolean ring = sound == CUSAX_SOUND_RING;

	core->busy_tone = FALSE;
	if (sound == core->sound)
		return;
	core->sound = sound;
	play = cusax_operation_new(CUSAX_OPERATION_SOUND, "");
	play->sound.sound = sound;
	play->sound.device = policy_word(core, ring ? "ring-device" : "output-device");
	play->sound.volume = ring && cusax_settings_has(core_policy(core), "ring-volume")
				     ? (int)cusax_settings_uint(core_policy(core), "ring-volume")
				     : -1;
	play->sound.file = policy_word(core, "ring-sound");
	cusax_driver_submit(core->drivers[CUSAX_PROTOCOL_SIP], play);
}

/* --- devices ------------------------------------------------------------------------------------- */

const char *core_call_device(CusaxCore *core, CusaxCall *call, gboolean input)
{
	const char *own = input ? call->input_device : call->output_device;

	if (own && *own)
		return own;
	own = cusax_settings_string(core_policy(core), input ? "input-device" : "output-device");
	return own && *own ? own : NULL;
}

void core_call_voice(CusaxCore *core, CoreCall *record)
{
	gboolean echo = cusax_settings_boolean(core_policy(core), "echo-cancellation");
	gboolean noise = cusax_settings_boolean(core_policy(core), "noise-suppression");
	CusaxOperation *op;

	if (record->echo == echo && record->noise == noise)
		return;
	record->echo = echo;
	record->noise = noise;
	op = cusax_operation_new(CUSAX_OPERATION_VOICE,
				 cusax_object_id(CUSAX_OBJECT(record->call->account)));
	op->call = record->call->handle;
	op->voice.echo = echo;
	op->voice.noise = noise;
	core_submit(core, record->call->account, op, NULL, NULL);
}

static void move(CusaxCore *core, CusaxCall *call, gboolean input)
{
	const char *own = input ? call->input_device : call->output_device;
	CusaxOperation *op;

	if (own && *own)
		return;
	op = cusax_operation_new(CUSAX_OPERATION_DEVICE,
				 cusax_object_id(CUSAX_OBJECT(call->account)));
	op->call = call->handle;
	op->device.input = input;
	op->device.device = g_strdup(core_call_device(core, call, input));
	core_submit(core, call->account, op, NULL, NULL);
}

void core_sound_on_policy(CusaxCore *core)
{
	g_autoptr(GList) records = g_hash_table_get_values(core->calls);

	for (GList *node = records; node; node = node->next) {
		core_call_voice(core, node->data);
		move(core, ((CoreCall *)node->data)->call, TRUE);
		move(core, ((CoreCall *)node->data)->call, FALSE);
	}
	core_sound_update(core);
}

static GVariant *devices_variant(GPtrArray *devices)
{
	GVariantBuilder list;

	g_variant_builder_init(&list, G_VARIANT_TYPE("aa{sv}"));
	for (guint i = 0; i < devices->len; i++) {
		const CusaxAudioDevice *device = devices->pdata[i];
		GVariantDict dict;

		g_variant_dict_init(&dict, NULL);
		core_insert_string(&dict, "name", device->name);
		core_insert_string(&dict, "description", device->description);
		g_variant_dict_insert(&dict, "direction", "s", device->input ? "input" : "output");
		g_variant_dict_insert(&dict, "default", "b", device->is_default);
		g_variant_builder_add_value(&list, g_variant_dict_end(&dict));
	}
	return g_variant_ref_sink(g_variant_builder_end(&list));
}

/* The answer comes before the end of the operation. */
void core_sound_on_devices(CusaxCore *core, const CusaxEvent *event)
{
	GTask *task = core_operation_data(core, event->op);

	if (task)
		g_task_set_task_data(task, devices_variant(event->audio_devices.devices),
				     (GDestroyNotify)g_variant_unref);
}

static void on_devices_done(G_GNUC_UNUSED CusaxCore *core, const GError *error, gpointer data)
{
	g_autoptr(GTask) task = data;
	GVariant *devices = g_task_get_task_data(task);

	if (devices)
		g_task_return_pointer(task, g_variant_ref(devices),
				      (GDestroyNotify)g_variant_unref);
	else if (error)
		g_task_return_error(task, g_error_copy(error));
	else
		g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_TIMEOUT,
					"the sound server did not answer");
}

void cusax_core_get_audio_devices(CusaxCore *core, GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, NULL, callback, data);
	CusaxOperation *ask = cusax_operation_new(CUSAX_OPERATION_AUDIO_DEVICES, "");

	core_submit_to(core, CUSAX_PROTOCOL_SIP, ask, on_devices_done, task);
}
