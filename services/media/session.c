/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The media of one call: offer and answer, what is agreed, and the parts that carry it out. */
/* Libre thread. */
#include "services/media.h"

#include <errno.h>
#include <string.h>

#include <glib.h>
#include <openssl/crypto.h>
#include <re.h>

#include "services/media/audio.h"
#include "services/media/dtls.h"
#include "services/media/keying.h"
#include "services/media/nat.h"
#include "services/media/pulse-devices.h"
#include "services/media/ringer.h"
#include "services/media/rtp.h"
#include "services/media/sdp.h"

#define CUSAX_LOG_DOMAIN "media"
#include "daemon/base/log.h"

struct cusax_media {
	char *log_id;
	struct sa local;
	CusaxSettings *settings;
	struct cusax_keying keying;
	struct cusax_media_handlers handlers;
	struct sdp_session *session;
	struct sdp_media *line;
	struct cusax_rtp *rtp;
	struct cusax_audio *audio;
	struct cusax_dtls *dtls; /* kept by rtp */
	struct cusax_ice *ice;   /* the same; NULL: none */
	bool ice_offered;        /* the other side would do ICE */
	bool ice_agreed;         /* the way is found by checks: */
	bool path_found;
	GPtrArray *relays; /* CusaxRelay; NULL: none */
	char *turn_secret;
	struct dnsc *dnsc;
	bool answered;  /* a remote description is in effect */
	bool answering; /* it was an offer: ours is the order of codecs */
	bool mux;       /* RTCP on the RTP port is agreed, or offered by the other side */
	bool started;
	bool early; /* before the answer: nothing is said */
	bool held;
	const struct cusax_codec *codec;
	/* As of the figures before, for rates. */
	uint64_t figures_at, figures_sent, figures_received;
	uint64_t bitrate_sent, bitrate_received;
};

static const char *sdp_protocol(const struct cusax_keying *keying)
{
	if (keying->policy != CUSAX_SRTP_REQUIRE)
		return "RTP/AVP"; /* RFC 8643: encrypted where the answer says so */
	return keying->prefers_dtls ? "UDP/TLS/RTP/SAVP" : "RTP/SAVP";
}

static void heard_h(const struct rtp_header *header, struct mbuf *payload, void *arg)
{
	struct cusax_media *media = arg;

	if (media->held)
		return;
	cusax_audio_hear(media->audio, header, payload, cusax_sdp_heard(media->line, header->pt));
}

static void key_h(char key, void *arg)
{
	struct cusax_media *media = arg;

	media->handlers.dtmf(key, media->handlers.arg);
}

static void moved_h(bool input, const char *device, void *arg)
{
	struct cusax_media *media = arg;

	if (media->handlers.moved)
		media->handlers.moved(input, device, media->handlers.arg);
}

static void dtls_done_h(int err, void *arg)
{
	struct cusax_media *media = arg;

	if (!err) {
		cusax_info(media->log_id, "media keys are agreed by DTLS");
		media->handlers.changed(media->handlers.arg);
		return;
	}
	media->handlers.failed(err == ETIMEDOUT ? CUSAX_ERROR_TIMEOUT
						: CUSAX_ERROR_SECURITY_REQUIRED,
			       err == EACCES ? "The media certificate is not the one announced."
					     : "Encryption of the media could not be set up.",
			       media->handlers.arg);
}

static void media_destructor(void *data)
{
	struct cusax_media *media = data;

	mem_deref(media->audio);
	mem_deref(media->rtp);
	mem_deref(media->dnsc);
	g_clear_pointer(&media->relays, g_ptr_array_unref);
	if (media->turn_secret)
		OPENSSL_cleanse(media->turn_secret, strlen(media->turn_secret));
	g_free(media->turn_secret);
	mem_deref(media->session);
	cusax_keying_clear(&media->keying);
	if (media->settings)
		cusax_settings_unref(media->settings);
	g_free(media->log_id);
}

int cusax_media_init(void)
{
	return 0;
}

void cusax_media_close(void)
{
	cusax_ringer_close();
	cusax_pulse_devices_forget();
	cusax_recorder_close_all();
	cusax_dtls_forget();
}

int cusax_media_alloc(struct cusax_media **ret_media, const struct cusax_media_config *config,
		      const struct cusax_media_handlers *handlers)
{
	struct cusax_media *media = mem_zalloc(sizeof(*media), media_destructor);
	guint16 low, high;
	int err;

	if (!media)
		return ENOMEM;
	media->log_id = g_strdup(config->log_id);
	media->local = *config->local;
	media->handlers = *handlers;
	media->settings = cusax_settings_ref(config->settings);
	if (config->relays)
		media->relays = g_ptr_array_ref(config->relays);
	media->turn_secret = g_strdup(config->turn_secret);
	media->dnsc = mem_ref(config->dnsc);
	err = cusax_keying_init(
		&media->keying, config->srtp, config->signalling_secure,
		g_str_equal(cusax_settings_string(config->settings, "media-encryption"), "dtls"));
	if (err)
		goto out;
	cusax_settings_ports(config->settings, "rtp-ports", &low, &high);
	err = cusax_rtp_alloc(&media->rtp, config->local, low, high, heard_h, media);
	if (err)
		goto out;
	err = cusax_audio_alloc(&media->audio, media->rtp, config->log_id, key_h, moved_h, media);
	if (err)
		goto out;
	cusax_audio_device(media->audio, true, config->input_device);
	cusax_audio_device(media->audio, false, config->output_device);
	err = cusax_sdp_alloc(&media->session, &media->line, config->local,
			      sa_port(cusax_rtp_local(media->rtp)), sdp_protocol(&media->keying),
			      config->settings);
out:
	if (err)
		mem_deref(media);
	else
		*ret_media = media;
	return err;
}

static int set_crypto(struct cusax_media *media, const struct cusax_crypto *crypto)
{
	char *value = cusax_sdes_print(crypto);
	int err = sdp_media_set_lattr(media->line, false, "crypto", "%s", value);

	cusax_sdes_wipe(value);
	g_free(value);
	return err;
}

static int set_fingerprint(struct cusax_media *media, const char *setup)
{
	uint8_t fingerprint[CUSAX_FINGERPRINT];
	g_autofree char *value = NULL;
	int err = cusax_dtls_fingerprint(fingerprint);

	if (err)
		return err;
	/* Listening begins before the other side can know of us. */
	if (!media->dtls) {
		err = cusax_dtls_alloc(&media->dtls, media->rtp, dtls_done_h, media);
		if (err)
			return err;
		mem_deref(media->dtls); /* the ports keep it */
	}
	value = cusax_dtls_print_fingerprint(fingerprint);
	err = sdp_media_set_lattr(media->line, true, "fingerprint", "%s", value);
	if (!err)
		err = sdp_media_set_lattr(media->line, true, "setup", "%s", setup);
	return err;
}

static int set_keys(struct cusax_media *media, bool offer)
{
	struct cusax_crypto offers[CUSAX_SDES_SUITES];
	size_t n;
	int err = 0;

	sdp_media_del_lattr(media->line, "crypto");
	sdp_media_del_lattr(media->line, "fingerprint");
	sdp_media_del_lattr(media->line, "setup");
	switch (offer ? cusax_keying_to_offer(&media->keying) : media->keying.agreed) {
	case CUSAX_ENCRYPTION_NONE:
		return 0;
	case CUSAX_ENCRYPTION_SDES_SRTP:
		n = cusax_keying_crypto(&media->keying, offer, offers);
		for (size_t i = 0; i < n && !err; i++)
			err = set_crypto(media, &offers[i]);
		OPENSSL_cleanse(offers, sizeof(offers));
		return err;
	case CUSAX_ENCRYPTION_DTLS_SRTP:
		/* RFC 5763 §5: the side that answers begins, where it may. */
		return set_fingerprint(media, offer                       ? "actpass"
					      : media->keying.dtls_active ? "active"
									  : "passive");
	}
	return EINVAL;
}

int cusax_media_encode(struct cusax_media *media, bool offer, struct mbuf **ret_sdp)
{
	int err;

	if (offer && !cusax_keying_may_offer(&media->keying))
		return EACCES;
	sdp_media_set_ldir(media->line, media->held ? SDP_SENDONLY : SDP_SENDRECV);
	sdp_media_del_lattr(media->line, "rtcp-mux");
	if (offer || media->mux) {
		err = sdp_media_set_lattr(media->line, true, "rtcp-mux", NULL);
		if (err)
			return err;
	}
	err = set_keys(media, offer);
	if (!err && media->ice)
		err = cusax_ice_encode(media->ice, media->line);
	if (!err)
		err = sdp_encode(ret_sdp, media->session, offer);
	/* The description that was given out is the only one that holds keys. */
	sdp_media_del_lattr(media->line, "crypto");
	return err;
}

/* Where sound and reports go to. */
static bool remote_addresses(const struct cusax_media *media, struct sa *ret_rtp,
			     struct sa *ret_rtcp)
{
	if (media->ice_agreed)
		return media->path_found && cusax_ice_selected(media->ice, ret_rtp, ret_rtcp);
	if (!cusax_sdp_has_address(media->line))
		return false;
	*ret_rtp = *sdp_media_raddr(media->line);
	sdp_media_raddr_rtcp(media->line, ret_rtcp);
	return true;
}

static void set_remote(struct cusax_media *media)
{
	struct sa rtp, rtcp;
	bool types[128], reports;

	media->mux = sdp_media_rattr(media->line, "rtcp-mux") != NULL;
	cusax_sdp_types(media->line, types);
	cusax_rtp_set_types(media->rtp, types);
	if (!remote_addresses(media, &rtp, &rtcp))
		return;
	/* Reports go to the host that the sound goes to. An association of their own is not worth its
	 * cost: with DTLS they share the port of RTP, or there are none. */
	reports =
		media->keying.agreed != CUSAX_ENCRYPTION_DTLS_SRTP && sa_cmp(&rtcp, &rtp, SA_ADDR);
	cusax_rtp_set_remote(media->rtp, &rtp, reports ? &rtcp : NULL, media->mux);
}

static bool may_send_h(const struct sa *remote, void *arg)
{
	struct cusax_media *media = arg;

	return cusax_sdp_may_send(remote, &media->local);
}

/* From here on the default address counts for nothing: only what was checked is sent to. */
static void agree_on_ice(struct cusax_media *media)
{
	if (media->ice_agreed ||
	    cusax_ice_decode(media->ice, media->session, media->line, may_send_h, media))
		return;
	media->ice_agreed = true;
	cusax_rtp_forget_remote(media->rtp);
}

static void drop_ice(struct cusax_media *media)
{
	cusax_rtp_keep_path(media->rtp, NULL, NULL);
	media->ice = NULL;
	media->ice_agreed = media->path_found = false;
	sdp_media_del_lattr(media->line, ice_attr_cand);
	sdp_media_del_lattr(media->line, ice_attr_ufrag);
	sdp_media_del_lattr(media->line, ice_attr_pwd);
}

/* Circular: to the beginning of a search by the other side there is an answer at once. */
static bool gather(struct cusax_media *media, bool offer, bool servers);

static void settle_ice(struct cusax_media *media, bool offer)
{
	media->ice_offered = cusax_settings_boolean(media->settings, "ice") &&
			     cusax_ice_is_offered(media->session, media->line);
	if (offer && media->ice_agreed && media->ice_offered &&
	    cusax_ice_is_restart(media->ice, media->session, media->line)) {
		cusax_debug(media->log_id, "the other side looks for a way anew");
		drop_ice(media);
		/* What servers would say comes too late for the answer: the other side sees our
		 * address in our checks. */
		(void)gather(media, false, false);
		return;
	}
	if (!media->ice || media->ice_agreed || offer)
		return; /* to an offer there is an answer before: cusax_media_gather() */
	if (media->ice_offered)
		agree_on_ice(media);
	else
		cusax_ice_go_without(media->ice, sdp_media_raddr(media->line));
}

static int apply(struct cusax_media *media, struct mbuf *sdp, bool offer)
{
	struct cusax_srtp *srtp = cusax_rtp_srtp(media->rtp);
	size_t start = sdp->pos;
	int err = sdp_decode(media->session, sdp, offer);

	sdp->pos = start;
	if (err)
		return EBADMSG;
	if (media->keying.agreed != CUSAX_ENCRYPTION_NONE)
		cusax_rtp_demand_keys(media->rtp);
	if (media->keying.agreed == CUSAX_ENCRYPTION_SDES_SRTP) {
		err = cusax_srtp_set_send(srtp, &media->keying.send);
		if (!err)
			err = cusax_srtp_set_receive(srtp, &media->keying.receive);
		if (err)
			return err;
	}
	if (offer)
		cusax_sdp_prefer_own(media->line, media->settings);
	settle_ice(media, offer);
	set_remote(media);
	media->answered = true;
	media->answering = offer;
	return 0;
}

int cusax_media_decode(struct cusax_media *media, struct mbuf *sdp, bool offer,
		       const char **ret_why)
{
	struct cusax_sdp_facts facts;
	CusaxEncryption before = cusax_media_encryption(media);
	bool held = media->answered && cusax_media_remote_held(media);
	const struct cusax_codec *codec = media->codec;
	int err, type;

	*ret_why = "the session description cannot be read";
	err = cusax_sdp_examine(media->session, media->line, &media->local, sdp, offer, &facts);
	if (err)
		goto out;
	if (!facts.usable || facts.forbidden_address) {
		*ret_why = facts.usable ? "audio may not be sent to that address"
					: "there is no audio that both sides can do";
		err = ENOTSUP;
		goto out;
	}
	err = cusax_keying_settle(&media->keying, &facts, offer, ret_why);
	if (err)
		goto out;
	err = apply(media, sdp, offer);
	if (err)
		goto out;
	media->codec = cusax_sdp_codec(media->line, offer, &type);
	if (before != cusax_media_encryption(media) || codec != media->codec ||
	    held != cusax_media_remote_held(media))
		cusax_debug(media->log_id, "agreed on %s, %s", media->codec->label,
			    cusax_word(CUSAX_TYPE_ENCRYPTION, (int)media->keying.agreed));
	*ret_why = NULL;
out:
	cusax_sdp_facts_wipe(&facts);
	return err;
}

static void checked_h(int err, void *arg)
{
	struct cusax_media *media = arg;

	if (err) {
		media->handlers.failed(CUSAX_ERROR_FAILED,
				       "No way for the sound was found between the two networks.",
				       media->handlers.arg);
		return;
	}
	media->path_found = true;
	set_remote(media);
	cusax_info(media->log_id, "the sound takes the way: %s", cusax_ice_path(media->ice));
	(void)(media->early ? cusax_media_start_early(media) : cusax_media_start(media));
	media->handlers.changed(media->handlers.arg);
}

static void gathered_h(void *arg)
{
	struct cusax_media *media = arg;

	media->handlers.gathered(media->handlers.arg);
}

/* TRUE: there is nothing to wait for. */
static bool gather(struct cusax_media *media, bool offer, bool servers)
{
	const struct cusax_ice_handlers handlers = { gathered_h, checked_h, media };
	struct cusax_ice_config config = {
		.log_id = media->log_id,
		.offerer = offer,
		.checks =
			offer ? cusax_settings_boolean(media->settings, "ice") : media->ice_offered,
		.rtp = cusax_rtp_socket(media->rtp),
		.rtcp = !offer && media->mux ? NULL : cusax_rtp_report_socket(media->rtp),
		.dnsc = media->dnsc,
	};
	int err;

	if (media->ice)
		return cusax_ice_is_gathered(media->ice);
	if (!config.checks && !cusax_settings_has(media->settings, "stun"))
		return true;
	if (servers)
		err = cusax_nat_begin(&media->ice, &config, media->settings, media->relays,
				      media->turn_secret, &handlers);
	else
		err = cusax_ice_alloc(&media->ice, &config, &handlers);
	if (err) {
		cusax_notice(media->log_id, "ways through NATs cannot be found: %s",
			     g_strerror(err));
		return true;
	}
	cusax_rtp_keep_path(media->rtp, media->ice, cusax_ice_knows);
	mem_deref(media->ice); /* the ports keep it */
	if (!offer && media->ice_offered)
		agree_on_ice(media);
	return cusax_ice_is_gathered(media->ice);
}

bool cusax_media_gather(struct cusax_media *media, bool offer)
{
	return gather(media, offer, true);
}

static int start(struct cusax_media *media, bool speak)
{
	enum sdp_dir direction = sdp_media_dir(media->line);
	struct cusax_audio_plan plan = { .type = -1 };
	struct sa remote, rtcp;
	bool reachable;
	int err;

	if (!media->answered)
		return ENOTCONN;
	if (media->ice_agreed)
		(void)cusax_ice_start(media->ice);
	reachable = remote_addresses(media, &remote, &rtcp);
	if (media->keying.agreed == CUSAX_ENCRYPTION_DTLS_SRTP && reachable) {
		err = cusax_dtls_start(media->dtls, media->keying.dtls_active, &remote,
				       media->keying.fingerprint);
		if (err)
			return err;
	}
	plan.codec = cusax_sdp_codec(media->line, media->answering, &plan.type);
	plan.dtmf_type = cusax_sdp_dtmf(media->line, plan.codec->clock, &plan.dtmf_clock);
	plan.send = speak && (direction & SDP_SENDONLY) && reachable && !media->held;
	plan.receive = (direction & SDP_RECVONLY) && !media->held;
	media->started = true;
	if (!media->figures_at)
		media->figures_at = tmr_jiffies();
	return cusax_audio_start(media->audio, &plan);
}

int cusax_media_start(struct cusax_media *media)
{
	media->early = false;
	return start(media, true);
}

int cusax_media_start_early(struct cusax_media *media)
{
	media->early = true;
	return start(media, false);
}

int cusax_media_move(struct cusax_media *media, const struct sa *local, struct dnsc *dnsc,
		     bool *ret_changed)
{
	guint16 low, high;
	int err;

	*ret_changed = !sa_cmp(local, &media->local, SA_ADDR);
	mem_deref(media->dnsc);
	media->dnsc = mem_ref(dnsc);
	if (!*ret_changed)
		return 0;
	cusax_settings_ports(media->settings, "rtp-ports", &low, &high);
	/* Before its sockets: it sends what is left by them. */
	drop_ice(media);
	err = cusax_rtp_move(media->rtp, local, low, high);
	if (err)
		return err;
	media->local = *local;
	/* The line's own address counts before the session's, which names the origin and stays
	 * (RFC 3264 §8). */
	sdp_media_set_laddr(media->line, cusax_rtp_local(media->rtp));
	sdp_media_set_laddr_rtcp(media->line, NULL);
	if (media->answered && cusax_sdp_has_address(media->line))
		set_remote(
			media); /* sound goes on at once, from where the other side knows us not */
	return 0;
}

void cusax_media_hold(struct cusax_media *media, bool hold)
{
	if (media->held == hold)
		return;
	media->held = hold;
	sdp_media_set_ldir(media->line, hold ? SDP_SENDONLY : SDP_SENDRECV);
	/* The microphone goes off at once; it comes back with the answer. */
	if (hold && media->started)
		(void)cusax_media_start(media);
}

void cusax_media_mute(struct cusax_media *media, bool mute)
{
	cusax_audio_mute(media->audio, mute);
}

int cusax_media_dtmf(struct cusax_media *media, char key)
{
	return cusax_audio_dtmf(media->audio, key);
}

int cusax_media_device(struct cusax_media *media, bool input, const char *device)
{
	cusax_audio_device(media->audio, input, device);
	return 0;
}

void cusax_media_voice(struct cusax_media *media, bool echo, bool noise)
{
	cusax_audio_voice(media->audio, echo, noise);
}

int cusax_media_mix(struct cusax_media *media, bool joined)
{
	return cusax_audio_mix(media->audio, joined);
}

static void recorded_h(int err, void *arg)
{
	struct cusax_media *media = arg;

	media->handlers.recorded(err ? g_strerror(err) : NULL, media->handlers.arg);
}

int cusax_media_record(struct cusax_media *media, int file)
{
	return cusax_audio_record(media->audio, file, recorded_h, media);
}

int cusax_media_stop_recording(struct cusax_media *media)
{
	return cusax_audio_stop_recording(media->audio);
}

/* Over a second at least, so that a client that draws meters does not see rates jump. */
static void measure_rates(struct cusax_media *media, CusaxMediaFigures *figures)
{
	uint64_t now = tmr_jiffies(), span = now - media->figures_at;

	if (media->figures_at && span >= 1000) {
		media->bitrate_sent = (figures->bytes_sent - media->figures_sent) * 8000 / span;
		media->bitrate_received =
			(figures->bytes_received - media->figures_received) * 8000 / span;
	}
	if (!media->figures_at || span >= 1000) {
		media->figures_at = now;
		media->figures_sent = figures->bytes_sent;
		media->figures_received = figures->bytes_received;
	}
	figures->bitrate_sent = media->bitrate_sent;
	figures->bitrate_received = media->bitrate_received;
}

CusaxMediaFigures *cusax_media_figures(struct cusax_media *media)
{
	CusaxMediaFigures *figures = cusax_media_figures_new();

	cusax_rtp_figures(media->rtp, figures);
	cusax_audio_figures(media->audio, figures);
	measure_rates(media, figures);
	figures->codec = g_strdup(cusax_media_codec(media));
	if (media->ice)
		figures->path = cusax_ice_path(media->ice);
	if (cusax_media_encryption(media) != CUSAX_ENCRYPTION_NONE)
		figures->suite = cusax_srtp_suite(cusax_rtp_srtp(media->rtp));
	return figures;
}

CusaxEncryption cusax_media_encryption(const struct cusax_media *media)
{
	switch (media->keying.agreed) {
	case CUSAX_ENCRYPTION_NONE:
		return CUSAX_ENCRYPTION_NONE;
	case CUSAX_ENCRYPTION_SDES_SRTP:
	case CUSAX_ENCRYPTION_DTLS_SRTP:
		/* Said only when keys are there. */
		return cusax_srtp_ready(cusax_rtp_srtp(media->rtp)) ? media->keying.agreed
								    : CUSAX_ENCRYPTION_NONE;
	}
	return CUSAX_ENCRYPTION_NONE;
}

const char *cusax_media_codec(const struct cusax_media *media)
{
	return media->codec ? media->codec->label : "";
}

bool cusax_media_remote_held(const struct cusax_media *media)
{
	return media->answered && (!(sdp_media_rdir(media->line) & SDP_SENDONLY) ||
				   !cusax_sdp_has_address(media->line));
}

bool cusax_media_has_video(const struct cusax_media *media)
{
	return cusax_sdp_has_video(media->session);
}
