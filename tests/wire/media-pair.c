/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two calls in one process, face to face, with sound devices made of numbers. */
/* One thread: that of the test. */
#include "tests/wire/media-pair.h"

#include <stdlib.h>
#include <string.h>

#include "services/media/codec.h"
#include "services/media/device.h"
#include "tests/tone.h"

struct cusax_device {
	struct pair_side *side;
	struct cusax_device_handlers handlers;
	struct tmr timer;
	double phase;
};

static struct pair *current;
static gboolean use_server;

static struct {
	PairCondition condition;
	gconstpointer data;
	gboolean held;
	struct tmr timer;
} waiting;

static void keep_heard(struct pair_side *side, const int16_t *frame, size_t n)
{
	memmove(side->heard, side->heard + n, (PAIR_HEARD - n) * sizeof(*frame));
	memcpy(side->heard + PAIR_HEARD - n, frame, n * sizeof(*frame));
	side->n_heard += n;
}

static void tick(void *arg)
{
	struct cusax_device *device = arg;
	struct pair_side *side = device->side;
	int16_t frame[CUSAX_FRAME_MAX];
	size_t n;

	tmr_start(&device->timer, CUSAX_FRAME_MS, tick, device);
	if (side->output_rate) {
		n = side->output_rate * CUSAX_FRAME_MS / 1000;
		device->handlers.wanted(frame, n, device->handlers.arg);
		keep_heard(side, frame, n);
	}
	if (side->input_rate) {
		n = side->input_rate * CUSAX_FRAME_MS / 1000;
		tone_make(frame, n, side->input_rate, side->tone, 8000, &device->phase);
		side->captured++;
		device->handlers.captured(frame, n, device->handlers.arg);
	}
}

static int open_device(struct cusax_device **ret_device, const char *log_id,
		       const struct cusax_device_handlers *handlers)
{
	struct cusax_device *device = g_new0(struct cusax_device, 1);

	device->side = g_str_equal(log_id, "a") ? &current->a : &current->b;
	device->handlers = *handlers;
	device->side->device = device;
	tmr_start(&device->timer, CUSAX_FRAME_MS, tick, device);
	*ret_device = device;
	return 0;
}

static void close_device(struct cusax_device *device)
{
	tmr_cancel(&device->timer);
	device->side->device = NULL;
	g_free(device);
}

static void set_input(struct cusax_device *device, const char *name, uint32_t rate)
{
	g_free(device->side->input);
	device->side->input = g_strdup(name);
	device->side->input_rate = rate;
}

static void set_output(struct cusax_device *device, const char *name, uint32_t rate)
{
	if (rate != device->side->output_rate)
		pair_forget(device->side);
	g_free(device->side->output);
	device->side->output = g_strdup(name);
	device->side->output_rate = rate;
}

static const struct cusax_device_driver driver = {
	.open = open_device,
	.close = close_device,
	.input = set_input,
	.output = set_output,
};

static void changed(void *arg)
{
	struct pair_side *side = arg;

	side->changed++;
}

static void dtmf(char key, void *arg)
{
	struct pair_side *side = arg;

	g_string_append_c(side->keys, key);
}

static void failed(CusaxError code, const char *text, void *arg)
{
	struct pair_side *side = arg;

	g_test_message("%s failed: %s", side->name, text);
	side->failed++;
	side->code = code;
}

static CusaxSettings *settings_of(const struct pair_options *options)
{
	g_autoptr(CusaxSettings) none = cusax_settings_new(CUSAX_SETTINGS_SIP_ACCOUNT);
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) map = NULL;
	GVariantDict changes;
	CusaxSettings *settings;

	g_variant_dict_init(&changes, NULL);
	if (options->encryption)
		g_variant_dict_insert(&changes, "media-encryption", "s", options->encryption);
	if (options->codecs)
		g_variant_dict_insert_value(&changes, "codecs",
					    g_variant_new_parsed(options->codecs));
	map = g_variant_ref_sink(g_variant_dict_end(&changes));
	settings = cusax_settings_merge(CUSAX_SETTINGS_SIP_ACCOUNT, none, map, &error);
	g_assert_no_error(error);
	return settings;
}

static void open_side(struct pair_side *side, const char *name, double tone,
		      const struct pair_options *options)
{
	g_autoptr(CusaxSettings) settings = settings_of(options);
	struct cusax_media_handlers handlers = {
		.changed = changed, .dtmf = dtmf, .failed = failed, .arg = side
	};
	struct sa local;
	struct cusax_media_config config = {
		.log_id = name,
		.local = &local,
		.settings = settings,
		.srtp = options->srtp,
		.signalling_secure = !options->clear_signalling,
	};

	sa_set_str(&local, "127.0.0.1", 0);
	side->name = name;
	side->tone = tone;
	side->keys = g_string_new(NULL);
	g_assert_cmpint(cusax_media_alloc(&side->media, &config, &handlers), ==, 0);
}

static void close_side(struct pair_side *side)
{
	mem_deref(side->media);
	g_assert_null(side->device);
	g_string_free(side->keys, TRUE);
	g_free(side->input);
	g_free(side->output);
}

void pair_use_server(void)
{
	use_server = TRUE;
}

struct pair *pair_new(const struct pair_options *a, const struct pair_options *b)
{
	cusax_device_use(use_server ? &cusax_pulse_driver : &driver);
	current = g_new0(struct pair, 1);
	open_side(&current->a, "a", 440, a);
	open_side(&current->b, "b", 660, b);
	return current;
}

void pair_free(struct pair *pair)
{
	close_side(&pair->a);
	close_side(&pair->b);
	g_free(pair);
	current = NULL;
}

char *pair_encode(struct pair_side *side, gboolean offer)
{
	struct mbuf *sdp;
	char *text;

	if (cusax_media_encode(side->media, offer, &sdp))
		return NULL;
	text = g_strndup((const char *)mbuf_buf(sdp), mbuf_get_left(sdp));
	mem_deref(sdp);
	return text;
}

int pair_decode(struct pair_side *side, const char *text, gboolean offer, const char **ret_why)
{
	struct mbuf *sdp = mbuf_alloc(strlen(text) + 1);
	int err;

	mbuf_write_str(sdp, text);
	sdp->pos = 0;
	err = cusax_media_decode(side->media, sdp, offer, ret_why);
	mem_deref(sdp);
	return err;
}

static int hand_over(struct pair_side *from, struct pair_side *to, gboolean offer, PairEdit edit,
		     const char **ret_why)
{
	g_autofree char *text = pair_encode(from, offer);
	GString *sdp;
	int err;

	*ret_why = "not offered";
	if (!text)
		return EACCES;
	sdp = g_string_new(text);
	if (edit)
		edit(sdp, offer);
	g_test_message("%s from %s:\n%s", offer ? "offer" : "answer", from->name, sdp->str);
	err = pair_decode(to, sdp->str, offer, ret_why);
	g_string_free(sdp, TRUE);
	return err;
}

int pair_offer(struct pair_side *from, struct pair_side *to, PairEdit edit, const char **ret_why)
{
	int err = hand_over(from, to, TRUE, edit, ret_why);

	return err ? err : hand_over(to, from, FALSE, edit, ret_why);
}

void pair_connect(struct pair *pair)
{
	const char *why;

	g_assert_cmpint(pair_offer(&pair->a, &pair->b, NULL, &why), ==, 0);
	g_assert_cmpint(cusax_media_start(pair->b.media), ==, 0);
	g_assert_cmpint(cusax_media_start(pair->a.media), ==, 0);
}

static void look(void *arg)
{
	guint64 deadline = *(guint64 *)arg;

	waiting.held = waiting.condition && waiting.condition(current, waiting.data);
	if (waiting.held || tmr_jiffies() >= deadline)
		re_cancel();
	else
		tmr_start(&waiting.timer, CUSAX_FRAME_MS / 2, look, arg);
}

gboolean pair_wait(struct pair *pair, PairCondition condition, gconstpointer data, guint ms)
{
	guint64 deadline = tmr_jiffies() + ms;

	(void)pair;
	waiting.condition = condition;
	waiting.data = data;
	tmr_init(&waiting.timer);
	tmr_start(&waiting.timer, 0, look, &deadline);
	re_main(NULL);
	tmr_cancel(&waiting.timer);
	return waiting.held;
}

void pair_run(struct pair *pair, guint ms)
{
	(void)pair_wait(pair, NULL, NULL, ms);
}

gboolean pair_hears(const struct pair_side *side, double frequency)
{
	size_t n = side->output_rate / 5;

	if (!side->output_rate || side->n_heard < n)
		return FALSE;
	return tone_rms(side->heard + PAIR_HEARD - n, n) > 4000 &&
	       tone_share(side->heard + PAIR_HEARD - n, n, side->output_rate, frequency) > 0.9;
}

gboolean pair_is_silent(const struct pair_side *side)
{
	size_t n = MIN(side->n_heard, (size_t)side->output_rate / 5);

	return tone_rms(side->heard + PAIR_HEARD - n, n) < 10;
}

void pair_forget(struct pair_side *side)
{
	side->n_heard = 0;
	memset(side->heard, 0, sizeof(side->heard));
}

guint16 pair_port(const char *sdp)
{
	const char *line = strstr(sdp, "m=audio ");

	g_assert_nonnull(line);
	return (guint16)atoi(line + strlen("m=audio "));
}
