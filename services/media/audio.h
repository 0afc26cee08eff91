/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sound of one call: microphone to packets, packets to loudspeaker, keys between. */
/* Libre thread. */
#pragma once

#include <stdbool.h>

#include "daemon/base/media-facts.h"
#include "services/media/codec.h"
#include "services/media/jitter.h"
#include "services/media/recorder.h"
#include "services/media/rtp.h"

struct cusax_audio;

/* What was negotiated. Payload types: -1 is none. */
struct cusax_audio_plan {
	const struct cusax_codec *codec; /* that we send */
	int type;
	int dtmf_type;
	uint32_t dtmf_clock;
	bool send, receive; /* directions that are open */
};

typedef void(cusax_audio_key_h)(char key, void *arg);
typedef void(cusax_audio_moved_h)(bool input, const char *device, void *arg);

/* Silent, no device open. The stream must outlive it. */
int cusax_audio_alloc(struct cusax_audio **ret_audio, struct cusax_rtp *rtp, const char *log_id,
		      cusax_audio_key_h *heard, cusax_audio_moved_h *moved, void *arg);

/* Takes up the plan; opens or closes devices as it says. */
int cusax_audio_start(struct cusax_audio *audio, const struct cusax_audio_plan *plan);

/* One packet, decoded by codec; NULL: it is a key. */
void cusax_audio_hear(struct cusax_audio *audio, const struct rtp_header *header,
		      struct mbuf *payload, const struct cusax_codec *codec);

void cusax_audio_mute(struct cusax_audio *audio, bool mute);
int cusax_audio_dtmf(struct cusax_audio *audio, char key);
/* NULL: the default device. */
void cusax_audio_device(struct cusax_audio *audio, bool input, const char *name);

/* What is taken out of the microphone. */
void cusax_audio_voice(struct cusax_audio *audio, bool echo, bool noise);
/* The one mix of calls (mix.h). */
int cusax_audio_mix(struct cusax_audio *audio, bool joined);
/* file: taken where it succeeds. EALREADY; end() is called when the file is complete. */
int cusax_audio_record(struct cusax_audio *audio, int file, cusax_recorder_end_h *end, void *arg);
int cusax_audio_stop_recording(struct cusax_audio *audio); /* ENOENT */

/* Adds what is known here. */
void cusax_audio_figures(struct cusax_audio *audio, CusaxMediaFigures *figures);
