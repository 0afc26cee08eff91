/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is heard beside calls: which sound, where, and when there is silence. */
/* Main thread. */
#include "tests/unit/core-bench.h"

static void expect_sound(CoreBench *bench, CusaxSound sound)
{
	CusaxOperation *play = core_bench_expect(bench, CUSAX_OPERATION_SOUND);

	g_assert_cmpint(play->sound.sound, ==, sound);
	g_assert_cmpstr(play->account, ==, "");
	core_bench_done(bench, play, -1);
}

static void set_policy(CoreBench *bench, const char *changes)
{
	g_autoptr(GVariant) policy = g_variant_ref_sink(g_variant_new_parsed(changes));
	Answer answer = { 0 };

	cusax_core_set_policy(bench->core, policy, core_bench_answer, &answer);
	core_bench_await(&answer);
	g_assert_true(cusax_core_finish(bench->core, answer.result, NULL));
	g_clear_object(&answer.result);
}

static void test_ring(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	CusaxOperation *play;
	guint64 handle;

	core_bench_alice(bench, NULL);
	set_policy(bench, "{'ring-device': <'usb'>, 'ring-volume': <uint32 40>}");
	handle = core_bench_incoming(bench, "sip:eve@sip.test", NULL);
	play = core_bench_expect(bench, CUSAX_OPERATION_SOUND);
	g_assert_cmpint(play->sound.sound, ==, CUSAX_SOUND_RING);
	g_assert_cmpstr(play->sound.device, ==, "usb");
	g_assert_cmpint(play->sound.volume, ==, 40);
	core_bench_done(bench, play, -1);
	core_bench_end_call(bench, handle, CUSAX_END_CANCELLED, 487);
	expect_sound(bench, CUSAX_SOUND_NONE);
}

static void set_availability(CoreBench *bench, CusaxAvailability availability)
{
	Answer answer = { 0 };

	cusax_core_set_availability(bench->core, availability, core_bench_answer, &answer);
	core_bench_await(&answer);
	g_clear_object(&answer.result);
}

static void test_quiet(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	core_bench_alice(bench, NULL);
	core_bench_incoming(bench, "sip:eve@sip.test", NULL);
	expect_sound(bench, CUSAX_SOUND_RING);
	set_availability(bench, CUSAX_AVAILABILITY_DND);
	expect_sound(bench, CUSAX_SOUND_NONE);
	set_policy(bench, "{'dnd-silences-calls': <false>}");
	expect_sound(bench, CUSAX_SOUND_RING);
}

static void test_waiting(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	CusaxCall *call;

	core_bench_alice(bench, "sip:bob@sip.test");
	call = core_bench_place(bench, "bob");
	core_bench_call_event(bench, call->handle, CUSAX_EVENT_CALL_RINGING);
	expect_sound(bench, CUSAX_SOUND_RINGBACK);
	core_bench_call_event(bench, call->handle, CUSAX_EVENT_CALL_ANSWERED);
	expect_sound(bench, CUSAX_SOUND_NONE);
	core_bench_incoming(bench, "sip:eve@sip.test", NULL);
	expect_sound(bench, CUSAX_SOUND_WAITING);
	core_bench_end_call(bench, call->handle, CUSAX_END_REMOTE_HANGUP, 0);
	expect_sound(bench, CUSAX_SOUND_RING);
}

static void test_early_media(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	CusaxEvent *media;
	CusaxCall *call;

	core_bench_alice(bench, "sip:bob@sip.test");
	call = core_bench_place(bench, "bob");
	core_bench_call_event(bench, call->handle, CUSAX_EVENT_CALL_RINGING);
	expect_sound(bench, CUSAX_SOUND_RINGBACK);
	media = cusax_event_new(CUSAX_EVENT_CALL_MEDIA,
				cusax_object_id(CUSAX_OBJECT(bench->telephony)));
	media->call = call->handle;
	media->call_media.codec = g_strdup("PCMU/8000");
	core_bench_event(bench, media);
	expect_sound(bench, CUSAX_SOUND_NONE);
}

static void test_busy(CoreBench *bench, gconstpointer data)
{
	gboolean tones = GPOINTER_TO_INT(data);
	CusaxCall *call;

	core_bench_alice(bench, "sip:bob@sip.test");
	if (!tones)
		set_policy(bench, "{'call-tones': <false>}");
	call = core_bench_place(bench, "bob");
	core_bench_end_call(bench, call->handle, CUSAX_END_BUSY, 486);
	if (tones)
		expect_sound(bench, CUSAX_SOUND_BUSY);
	else
		core_bench_forbid(bench, CUSAX_OPERATION_SOUND);
}

static void test_devices(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	CusaxOperation *operation;

	core_bench_alice(bench, "sip:bob@sip.test");
	set_policy(bench, "{'output-device': <'headset'>, 'noise-suppression': <true>}");
	core_bench_place(bench, "bob");
	operation = core_bench_expect(bench, CUSAX_OPERATION_CALL);
	g_assert_cmpstr(operation->place.output_device, ==, "headset");
	g_assert_null(operation->place.input_device);
	core_bench_done(bench, operation, -1);
	operation = core_bench_expect(bench, CUSAX_OPERATION_VOICE);
	g_assert_true(operation->voice.noise);
	g_assert_false(operation->voice.echo);
	core_bench_done(bench, operation, -1);
	set_policy(bench, "{'output-device': <''>}");
	operation = core_bench_expect(bench, CUSAX_OPERATION_DEVICE);
	g_assert_true(operation->device.input);
	core_bench_done(bench, operation, -1);
	operation = core_bench_expect(bench, CUSAX_OPERATION_DEVICE);
	g_assert_false(operation->device.input);
	g_assert_null(operation->device.device);
	core_bench_done(bench, operation, -1);
}

static CusaxCall *active_call(CoreBench *bench, const char *target)
{
	CusaxCall *call = core_bench_place(bench, target);

	core_bench_call_event(bench, call->handle, CUSAX_EVENT_CALL_RINGING);
	core_bench_call_event(bench, call->handle, CUSAX_EVENT_CALL_ANSWERED);
	return call;
}

static void merge(CoreBench *bench, CusaxCall *call, CusaxCall *other, int code)
{
	Answer answer = { 0 };

	cusax_core_merge_calls(bench->core, call, other, core_bench_answer, &answer);
	if (code >= 0) {
		core_bench_expect_error(bench, &answer, code);
		return;
	}
	core_bench_await(&answer);
	g_assert_true(cusax_core_finish(bench->core, answer.result, NULL));
	g_clear_object(&answer.result);
}

static void test_merge(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	CusaxCall *calls[5];
	CusaxOperation *mix;

	core_bench_alice(bench, "sip:bob@sip.test");
	for (guint i = 0; i < G_N_ELEMENTS(calls); i++) {
		g_autofree char *target = g_strdup_printf("sip:n%u@sip.test", i);

		calls[i] = active_call(bench, target);
	}
	merge(bench, calls[0], calls[0], CUSAX_ERROR_INVALID_ARGUMENT);
	merge(bench, calls[0], calls[1], -1);
	mix = core_bench_expect(bench, CUSAX_OPERATION_MIX);
	g_assert_true(mix->toggle.on && mix->call == calls[0]->handle);
	core_bench_done(bench, mix, -1);
	merge(bench, calls[1], calls[2], -1);
	merge(bench, calls[2], calls[3], -1);
	merge(bench, calls[3], calls[4], CUSAX_ERROR_LIMIT_EXCEEDED);
	for (guint i = 0; i < 3; i++) {
		g_assert_true(calls[i]->merged);
		core_bench_end_call(bench, calls[i]->handle, CUSAX_END_REMOTE_HANGUP, 0);
	}
	/* A mix of one is none. */
	g_assert_false(calls[3]->merged);
	merge(bench, calls[3], calls[0], CUSAX_ERROR_WRONG_STATE);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	core_bench_add("sound/T9: it rings where and as loud as asked", test_ring, NULL);
	core_bench_add("sound/B3: not to be disturbed is silence", test_quiet, NULL);
	core_bench_add("sound/T3: ringback, then waiting, then ringing", test_waiting, NULL);
	core_bench_add("sound/T2: no ringback over early media", test_early_media, NULL);
	core_bench_add("sound/T2: busy is heard", test_busy, GINT_TO_POINTER(TRUE));
	core_bench_add("sound/T2: unless tones are off", test_busy, GINT_TO_POINTER(FALSE));
	core_bench_add("sound/T9: devices and voice of the policies", test_devices, NULL);
	core_bench_add("sound/T14: merging", test_merge, NULL);
	return g_test_run();
}
