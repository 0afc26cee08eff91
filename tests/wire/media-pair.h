/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two calls in one process, face to face, with sound devices made of numbers. */
/* One thread: that of the test. */
#pragma once

#include <glib.h>
#include <re.h>

#include "services/media.h"

enum {
	PAIR_HEARD = 9600, /* samples kept of what was played: 200 ms at 48 kHz */
};

struct pair_side {
	const char *name;
	struct cusax_media *media;
	double tone; /* Hz that the microphone hears */
	/* What the sound device was told and has played. */
	struct cusax_device *device;
	uint32_t input_rate, output_rate;
	char *input, *output;
	int16_t heard[PAIR_HEARD];
	size_t n_heard;
	unsigned captured;
	/* What the session was told. */
	unsigned changed, failed;
	CusaxError code;
	GString *keys;
};

struct pair {
	struct pair_side a, b;
};

struct pair_options {
	CusaxSrtpPolicy srtp;
	const char *encryption; /* sdes, dtls; NULL: the default */
	const char *codecs;     /* as GVariant text, NULL: the default */
	gboolean clear_signalling;
};

/* The one pair of a test; pair_free() ends it. The sound devices are made of numbers, or those of the
 * sound server after pair_use_server(). */
void pair_use_server(void);
struct pair *pair_new(const struct pair_options *a, const struct pair_options *b);
void pair_free(struct pair *pair);

/* One side offers, the other answers; the text may be changed on its way. 0, or what refused it, with
 * *ret_why. Nothing is started. */
typedef void (*PairEdit)(GString *sdp, gboolean offer);
int pair_offer(struct pair_side *from, struct pair_side *to, PairEdit edit, const char **ret_why);
/* The same, and audio flows. */
void pair_connect(struct pair *pair);

/* Runs until the condition holds; FALSE where it does not within ms. */
typedef gboolean (*PairCondition)(struct pair *pair, gconstpointer data);
gboolean pair_wait(struct pair *pair, PairCondition condition, gconstpointer data, guint ms);
/* Runs for that long: for what must not happen. */
void pair_run(struct pair *pair, guint ms);

/* TRUE where what was played last is the tone of the other side. */
gboolean pair_hears(const struct pair_side *side, double frequency);
gboolean pair_is_silent(const struct pair_side *side);
void pair_forget(struct pair_side *side);

/* A session description as text, and back. */
char *pair_encode(struct pair_side *side, gboolean offer);
int pair_decode(struct pair_side *side, const char *text, gboolean offer, const char **ret_why);
/* The RTP port in a session description. */
guint16 pair_port(const char *sdp);
