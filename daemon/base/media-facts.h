/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plain facts about the media of calls: figures, sound devices. */
/* Owned structs: one owner at a time, handed across threads whole. */
#pragma once

#include <glib.h>

#define CUSAX_LEVEL_SILENT (-100.0) /* dB below full scale; nothing is lower */

/* What is known of the media of a call at one moment. Times are microseconds; -1: not known. */
typedef struct {
	guint64 packets_sent, packets_received;
	guint64 packets_lost;                   /* on the way here */
	guint64 packets_lost_remote;            /* on the way there, as the other side reports */
	guint64 packets_refused;                /* foreign, forged, repeated or malformed */
	guint64 bytes_sent, bytes_received;     /* of payload */
	guint64 bitrate_sent, bitrate_received; /* bit/s of payload, since the figures before */
	gint64 jitter, round_trip;
	gint64 buffered;                      /* what waits to be played */
	gint64 concealed;                     /* sound that was made up, in all */
	gint64 input_latency, output_latency; /* of the devices */
	double input_level, output_level;     /* dB below full scale, of the last 20 ms */
	const char *path;                     /* static: "direct", "host", "reflexive", "relay" */
	const char *one_way; /* static: "not-sent", "not-received"; NULL: sound flows as agreed */
	const char *suite;   /* static: "AEAD_AES_256_GCM"…; NULL: none */
	char *codec;
	char *input_device, *output_device; /* in use; NULL: none */
} CusaxMediaFigures;

CusaxMediaFigures *cusax_media_figures_new(void);
void cusax_media_figures_free(CusaxMediaFigures *figures);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CusaxMediaFigures, cusax_media_figures_free)

/* A microphone or loudspeaker that the sound server has. */
typedef struct {
	gboolean input;
	char *name, *description;
	gboolean is_default;
} CusaxAudioDevice;

CusaxAudioDevice *cusax_audio_device_new(gboolean input, const char *name, const char *description);
void cusax_audio_device_free(CusaxAudioDevice *device);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CusaxAudioDevice, cusax_audio_device_free)

/* What a person hears beside the other side of a call. */
typedef enum {
	CUSAX_SOUND_NONE,
	CUSAX_SOUND_RING,     /* somebody calls */
	CUSAX_SOUND_WAITING,  /* somebody calls during a call */
	CUSAX_SOUND_RINGBACK, /* the other side rings */
	CUSAX_SOUND_BUSY,     /* the other side is busy; ends by itself */
} CusaxSound;
