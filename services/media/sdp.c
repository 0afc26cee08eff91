/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Session descriptions (RFC 4566, RFC 3264): ours built, theirs examined before it has effect. */
/* Libre thread. */
#include "services/media/sdp.h"

#include <errno.h>
#include <string.h>

#include <glib.h>

static const char telephone_event[] = "telephone-event";

static int add_event_format(struct sdp_media *audio, uint32_t clock)
{
	return sdp_format_add(NULL, audio, false, NULL, telephone_event, clock, 1, NULL, NULL, NULL,
			      false, "0-15");
}

static int add_codec(struct sdp_media *audio, const struct cusax_codec *codec)
{
	return sdp_format_add(NULL, audio, false, codec->type, codec->name, codec->clock,
			      codec->channels, NULL, NULL, (void *)codec, false,
			      codec->fmtp ? "%s" : NULL, codec->fmtp);
}

static int add_formats(struct sdp_media *audio, CusaxSettings *settings)
{
	g_auto(GStrv) words = cusax_settings_strv(settings, "codecs");
	bool wide = false, narrow = false;
	int err = 0;

	for (char **word = words; *word && !err; word++) {
		const struct cusax_codec *codec = cusax_codec_by_word(*word);

		/* A setting may name a codec that this build does not have, or one twice. */
		if (!codec || g_strv_contains((const char *const *)word + 1, *word))
			continue;
		wide |= codec->clock == 48000;
		narrow |= codec->clock == 8000;
		err = add_codec(audio, codec);
	}
	/* RFC 4733 §2.4.2: events in the clock of each codec. */
	if (!err && wide)
		err = add_event_format(audio, 48000);
	if (!err && (narrow || wide))
		err = add_event_format(audio, 8000);
	return err;
}

int cusax_sdp_accept_protocols(struct sdp_media *audio)
{
	return sdp_media_set_alt_protos(audio, 6, "RTP/AVP", "RTP/AVPF", "RTP/SAVP", "RTP/SAVPF",
					"UDP/TLS/RTP/SAVP", "UDP/TLS/RTP/SAVPF");
}

int cusax_sdp_alloc(struct sdp_session **ret_session, struct sdp_media **ret_audio,
		    const struct sa *local, uint16_t port, const char *protocol,
		    CusaxSettings *settings)
{
	struct sdp_session *session;
	struct sdp_media *audio = NULL;
	int err = sdp_session_alloc(&session, local);

	if (err)
		return err;
	err = sdp_media_add(&audio, session, sdp_media_audio, port, protocol);
	if (!err)
		err = sdp_media_set_lattr(audio, true, "ptime", "%d", CUSAX_FRAME_MS);
	if (!err)
		err = cusax_sdp_accept_protocols(audio);
	if (!err)
		err = add_formats(audio, settings);
	if (err) {
		mem_deref(session);
		return err;
	}
	*ret_session = session;
	*ret_audio = audio;
	return 0;
}

static int copy_formats(struct sdp_media *copy, const struct sdp_media *audio)
{
	int err = 0;

	for (struct le *le = list_head(sdp_media_format_lst(audio, true)); le && !err;
	     le = le->next) {
		const struct sdp_format *format = le->data;

		err = sdp_format_add(NULL, copy, false, format->id, format->name, format->srate,
				     format->ch, NULL, NULL, format->data, false, NULL);
	}
	return err;
}

static int copy_audio(struct sdp_media **ret_copy, struct sdp_session *scratch,
		      const struct sdp_media *audio)
{
	int err =
		sdp_media_add(ret_copy, scratch, sdp_media_name(audio), 9, sdp_media_proto(audio));

	if (!err)
		err = cusax_sdp_accept_protocols(*ret_copy);
	if (!err)
		err = copy_formats(*ret_copy, audio);
	return err;
}

/* A session in the state of ours: the same lines, in the order that both sides know. */
static int copy_session(struct sdp_session **ret_scratch, struct sdp_media **ret_audio,
			const struct sdp_session *session, const struct sdp_media *audio,
			const struct sa *local)
{
	struct sdp_session *scratch;
	struct sdp_media *copy = NULL;
	struct mbuf *discarded = NULL;
	int err = sdp_session_alloc(&scratch, local);

	if (err)
		return err;
	for (struct le *le = list_head(sdp_session_medial(session, false)); le && !err;
	     le = le->next) {
		const struct sdp_media *line = le->data;

		if (line == audio)
			err = copy_audio(&copy, scratch, audio);
		else
			err = sdp_media_add(NULL, scratch, sdp_media_name(line), 9,
					    sdp_media_proto(line));
	}
	/* Encoding an offer makes these lines known to both sides. */
	if (!err)
		err = sdp_encode(&discarded, scratch, true);
	mem_deref(discarded);
	if (!err && !copy)
		err = copy_audio(&copy, scratch, audio);
	if (err) {
		mem_deref(scratch);
		return err;
	}
	*ret_scratch = scratch;
	*ret_audio = copy;
	return 0;
}

static enum cusax_sdp_profile profile_of(const char *protocol)
{
	static const struct {
		const char *protocol;
		enum cusax_sdp_profile profile;
	} rows[] = {
		{ "RTP/AVP", CUSAX_SDP_AVP },           { "RTP/AVPF", CUSAX_SDP_AVP },
		{ "RTP/SAVP", CUSAX_SDP_SAVP },         { "RTP/SAVPF", CUSAX_SDP_SAVP },
		{ "UDP/TLS/RTP/SAVP", CUSAX_SDP_DTLS }, { "UDP/TLS/RTP/SAVPF", CUSAX_SDP_DTLS },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		if (g_str_equal(rows[i].protocol, protocol))
			return rows[i].profile;
	}
	return CUSAX_SDP_OTHER;
}

/* The protocol as written: the parser keeps ours where the line is an answer. */
static enum cusax_sdp_profile written_profile(const struct mbuf *sdp)
{
	struct pl port, protocol;
	char name[32];

	if (re_regex((const char *)mbuf_buf(sdp), mbuf_get_left(sdp), "m=audio [^ ]+ [^ \r\n]+",
		     &port, &protocol) ||
	    pl_strcpy(&protocol, name, sizeof(name)))
		return CUSAX_SDP_OTHER;
	return profile_of(name);
}

static bool crypto_h(const char *name, const char *value, void *arg)
{
	struct cusax_sdp_facts *facts = arg;

	(void)name;
	facts->any_crypto = true;
	if (value && facts->n_crypto < CUSAX_SDP_CRYPTO_MAX &&
	    cusax_sdes_parse(value, &facts->crypto[facts->n_crypto]))
		facts->n_crypto++;
	return facts->n_crypto == CUSAX_SDP_CRYPTO_MAX;
}

static bool fingerprint_h(const char *name, const char *value, void *arg)
{
	struct cusax_sdp_facts *facts = arg;

	(void)name;
	if (value && cusax_dtls_parse_fingerprint(value, facts->fingerprint))
		facts->has_fingerprint = true;
	return facts->has_fingerprint;
}

static void read_setup(const struct sdp_session *session, const struct sdp_media *audio,
		       struct cusax_sdp_facts *facts)
{
	const char *setup = sdp_media_session_rattr(audio, session, "setup");

	/* RFC 4145 §4.1: active where nothing is said. */
	facts->may_be_active =
		!setup || g_str_equal(setup, "active") || g_str_equal(setup, "actpass");
	facts->may_be_passive =
		setup && (g_str_equal(setup, "passive") || g_str_equal(setup, "actpass"));
}

/* Audio goes to one host: not to groups, not to everybody, and not to this machine's own services
 * because somebody else says so. */
bool cusax_sdp_may_send(const struct sa *remote, const struct sa *local)
{
	uint8_t v6[16];

	if (sa_af(remote) != sa_af(local))
		return false;
	if (sa_is_loopback(remote))
		return sa_is_loopback(local);
	if (sa_af(remote) == AF_INET)
		return sa_in(remote) >> 28 != 0xe && sa_in(remote) != 0xffffffff;
	sa_in6(remote, v6);
	return v6[0] != 0xff;
}

static void read_facts(const struct sdp_session *session, const struct sdp_media *audio,
		       const struct sa *local, struct cusax_sdp_facts *facts)
{
	int type;

	facts->usable = sdp_media_rport(audio) != 0 && cusax_sdp_codec(audio, true, &type);
	facts->forbidden_address =
		cusax_sdp_has_address(audio) && !cusax_sdp_may_send(sdp_media_raddr(audio), local);
	sdp_media_rattr_apply(audio, "crypto", crypto_h, facts);
	sdp_media_rattr_apply(audio, "fingerprint", fingerprint_h, facts);
	if (!facts->has_fingerprint)
		sdp_session_rattr_apply(session, "fingerprint", fingerprint_h, facts);
	read_setup(session, audio, facts);
}

/* Reading takes formats times attributes: both are kept to what a telephone may say. */
static bool is_modest(const struct mbuf *sdp)
{
	const char *text = (const char *)mbuf_buf(sdp);
	size_t length = mbuf_get_left(sdp), lines = 0, words = 0;
	bool media = false;

	for (size_t i = 0; i < length; i++) {
		if (i == 0 || text[i - 1] == '\n' || text[i - 1] == '\r') {
			media = text[i] == 'm';
			words = 0;
			lines += media;
		}
		words += text[i] == ' ';
		if (media && words > CUSAX_SDP_FORMATS_MAX)
			return false;
	}
	return length <= CUSAX_SDP_MAX && lines <= CUSAX_SDP_LINES_MAX;
}

int cusax_sdp_examine(const struct sdp_session *session, const struct sdp_media *audio,
		      const struct sa *local, struct mbuf *sdp, bool offer,
		      struct cusax_sdp_facts *ret_facts)
{
	struct sdp_session *scratch;
	struct sdp_media *copy;
	size_t start = sdp->pos;
	int err;

	memset(ret_facts, 0, sizeof(*ret_facts));
	if (!is_modest(sdp))
		return EBADMSG;
	err = copy_session(&scratch, &copy, session, audio, local);
	if (err)
		return err;
	err = sdp_decode(scratch, sdp, offer);
	sdp->pos = start;
	if (err) {
		err = err == ENOTSUP ? ENOTSUP : EBADMSG;
		goto out;
	}
	ret_facts->profile = offer ? profile_of(sdp_media_proto(copy)) : written_profile(sdp);
	read_facts(scratch, copy, local, ret_facts);
out:
	mem_deref(scratch);
	return err;
}

void cusax_sdp_facts_wipe(struct cusax_sdp_facts *facts)
{
	for (size_t i = 0; i < facts->n_crypto; i++)
		cusax_srtp_key_wipe(&facts->crypto[i].key);
	facts->n_crypto = 0;
}

bool cusax_sdp_has_address(const struct sdp_media *audio)
{
	return sa_isset(sdp_media_raddr(audio), SA_ALL) && !sa_is_any(sdp_media_raddr(audio));
}

static bool is_usable(const struct sdp_format *format)
{
	return format->sup && format->pt >= 0 && format->pt < 128;
}

static unsigned rank_of(const struct sdp_format *format, GStrv words)
{
	const struct cusax_codec *codec = format->data;
	unsigned rank = 0;

	while (words[rank] && !(codec && g_str_equal(codec->word, words[rank])))
		rank++;
	return rank; /* events come last */
}

static bool in_order_h(struct le *one, struct le *other, void *arg)
{
	return rank_of(one->data, arg) <= rank_of(other->data, arg);
}

void cusax_sdp_prefer_own(struct sdp_media *audio, CusaxSettings *settings)
{
	g_auto(GStrv) words = cusax_settings_strv(settings, "codecs");

	/* The line is ours to change; libre only hands it out as const. */
	list_sort((struct list *)sdp_media_format_lst(audio, true), in_order_h, words);
}

const struct cusax_codec *cusax_sdp_codec(const struct sdp_media *audio, bool own, int *ret_type)
{
	for (struct le *le = list_head(sdp_media_format_lst(audio, own)); le; le = le->next) {
		const struct sdp_format *format = le->data;

		if (is_usable(format) && format->data) {
			*ret_type = format->pt;
			return format->data;
		}
	}
	return NULL;
}

int cusax_sdp_dtmf(const struct sdp_media *audio, uint32_t clock, uint32_t *ret_clock)
{
	int type = -1;

	for (struct le *le = list_head(sdp_media_format_lst(audio, false)); le; le = le->next) {
		const struct sdp_format *format = le->data;

		if (!is_usable(format) || str_casecmp(format->name, telephone_event) != 0 ||
		    (type >= 0 && format->srate != clock))
			continue;
		type = format->pt;
		*ret_clock = format->srate;
		if (format->srate == clock)
			break;
	}
	return type;
}

const struct cusax_codec *cusax_sdp_heard(const struct sdp_media *audio, int type)
{
	const struct sdp_format *format = sdp_media_lformat(audio, type);

	return format && format->sup ? format->data : NULL;
}

void cusax_sdp_types(const struct sdp_media *audio, bool ret_types[static 128])
{
	memset(ret_types, 0, 128 * sizeof(ret_types[0]));
	for (struct le *le = list_head(sdp_media_format_lst(audio, true)); le; le = le->next) {
		const struct sdp_format *format = le->data;

		if (is_usable(format))
			ret_types[format->pt] = true;
	}
}

bool cusax_sdp_has_video(const struct sdp_session *session)
{
	for (struct le *le = list_head(sdp_session_medial(session, false)); le; le = le->next) {
		const struct sdp_media *line = le->data;

		if (g_str_equal(sdp_media_name(line), sdp_media_video) && sdp_media_rport(line))
			return true;
	}
	return false;
}
