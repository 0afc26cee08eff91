/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The contract between SIP sessions and their media: SDP in and out, keys, audio, keys pressed. */
/* Everything here runs on the libre thread only, except cusax_media_init() and _close(). */
#pragma once

#include <stdbool.h>

#include "daemon/base/error.h"
#include "daemon/base/media-facts.h"
#include "daemon/base/relay.h"
#include "daemon/base/settings.h"
#include "daemon/base/types.h"

struct mbuf;
struct sa;

/* The media of one call. Counted by libre: mem_deref() stops the audio and closes the ports. */
struct cusax_media;

/* What a session is told by its media; called on the libre thread. */
struct cusax_media_handlers {
	/* Encryption, codec or remote hold changed: read them again. */
	void (*changed)(void *arg);
	void (*dtmf)(char key, void *arg);
	/* The audio cannot go on (no device, keys refused). The session decides what follows. */
	void (*failed)(CusaxError code, const char *text, void *arg);
	/* What cusax_media_gather() had to wait for is there. */
	void (*gathered)(void *arg);
	/* The sound moved to that device, "" for none. */
	void (*moved)(bool input, const char *device, void *arg);
	/* The recording is over: its file is complete (text NULL), or what went wrong with it. */
	void (*recorded)(const char *text, void *arg);
	void *arg;
};

struct cusax_media_config {
	const char *log_id;       /* for the log */
	const struct sa *local;   /* the address that the proxy is reached from */
	CusaxSettings *settings;  /* of the account: codecs, srtp, media-encryption, rtp-ports… */
	CusaxSrtpPolicy srtp;     /* in effect: the stricter of account and user policy */
	bool signalling_secure;   /* verified TLS: SDES keys may be sent and taken */
	GPtrArray *relays;        /* CusaxRelay: the provider's STUN and TURN servers, where the
				  * settings name none; NULL: none. A reference is taken, so
				  * nobody may change them */
	const char *turn_secret;  /* for the setting turn-login, NULL: none */
	struct dnsc *dnsc;        /* for names of STUN and TURN servers, NULL: addresses only */
	const char *input_device; /* PulseAudio source, NULL: default */
	const char *output_device; /* PulseAudio sink, NULL: default */
};

/* Process-wide set-up on the libre thread, once, before any session; and its end. */
int cusax_media_init(void);
void cusax_media_close(void);

/* What is heard beside calls, from now on; CUSAX_SOUND_NONE is silence. device: a sink, NULL for the
 * default; volume: per cent, -1 for what the sound server remembers; file: of the ring tone, NULL for
 * that of the sound theme. Without a sound server it begins when that comes. */
void cusax_media_play(CusaxSound sound, const char *device, int volume, const char *file);

/* devices: CusaxAudioDevice, loudspeakers first; the handler takes it. NULL: there is no sound
 * server, or it does not answer. */
typedef void(cusax_media_devices_h)(GPtrArray *devices, void *arg);
/* Asks for them; the handler is called once, within 3 s, unless all ends before. errno where it cannot
 * be asked. */
int cusax_media_devices(cusax_media_devices_h *handler, void *arg);

/* Opens RTP ports, no device. Returns errno: EADDRINUSE where no port is free. */
int cusax_media_alloc(struct cusax_media **ret_media, const struct cusax_media_config *config,
		      const struct cusax_media_handlers *handlers);

/* Finds out by which addresses this side can be reached, where the account is set to, before its
 * first description is given out. TRUE: there is nothing to wait for; else gathered() follows within a
 * second or little more. */
bool cusax_media_gather(struct cusax_media *media, bool offer);

/* The local description, as offer or as answer. *ret_sdp is a new mbuf (mem_deref). */
int cusax_media_encode(struct cusax_media *media, bool offer, struct mbuf **ret_sdp);

/* Takes the remote description. 0, or: EBADMSG (cannot be parsed: 400), ENOTSUP (no common codec or
 * no audio: 488), EACCES (encryption demanded and not offered, or offered in a way that policy
 * refuses: 488). *ret_why is a static line for a person. On failure nothing changed. */
int cusax_media_decode(struct cusax_media *media, struct mbuf *sdp, bool offer,
		       const char **ret_why);

/* Opens the devices and lets audio flow; call when the session is answered, never before. Again after
 * each later offer and answer. A missing sound server is not an error here: audio starts when it
 * comes, and the call goes on. */
int cusax_media_start(struct cusax_media *media);

/* The same before the answer (a 183 with a description): what the other side sends is heard, no
 * microphone is opened. */
int cusax_media_start_early(struct cusax_media *media);

/* The call goes on from another address of this machine: the next offer says so, which has to follow;
 * first cusax_media_gather() again, as ways through NATs are found anew (RFC 8445 §2.4). Where local is
 * the address that the media have, nothing changes and *ret_changed is false. errno, as for alloc. */
int cusax_media_move(struct cusax_media *media, const struct sa *local, struct dnsc *dnsc,
		     bool *ret_changed);

/* Local hold: the next offer says sendonly (RFC 3264 §8.4); no microphone while held. */
void cusax_media_hold(struct cusax_media *media, bool hold);
void cusax_media_mute(struct cusax_media *media, bool mute);
/* One key, 0-9 * # A-D, by RFC 4733: queued, 100 ms each. ENOTSUP where the peer takes none,
 * EINVAL for another character. */
int cusax_media_dtmf(struct cusax_media *media, char key);
int cusax_media_device(struct cusax_media *media, bool input, const char *device);

/* What is taken out of the microphone: the echo of the loudspeaker, steady noise. Both off by default,
 * which costs nothing. */
void cusax_media_voice(struct cusax_media *media, bool echo, bool noise);
/* Joins the one conversation of several calls, or leaves it. ENOSPC where that is full. */
int cusax_media_mix(struct cusax_media *media, bool joined);
/* Records both sides as Ogg/Opus. file: a descriptor, taken where it succeeds. EALREADY where the
 * call is being recorded. It ends with the media at the latest. */
int cusax_media_record(struct cusax_media *media, int file);
int cusax_media_stop_recording(struct cusax_media *media); /* recorded() follows; ENOENT */
/* What is known now. */
CusaxMediaFigures *cusax_media_figures(struct cusax_media *media);

CusaxEncryption cusax_media_encryption(const struct cusax_media *media);
const char *cusax_media_codec(const struct cusax_media *media); /* "" before one is agreed */
bool cusax_media_remote_held(const struct cusax_media *media);
bool cusax_media_has_video(const struct cusax_media *media); /* the remote offered video */
