/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of codecs. */
/* Any thread: constants. */
#include "services/media/codec.h"

#include <glib.h>

static const struct cusax_codec *const codecs[] = {
	&cusax_codec_opus,
	&cusax_codec_g722,
	&cusax_codec_pcmu,
	&cusax_codec_pcma,
};

const struct cusax_codec *const *cusax_codecs(size_t *ret_n)
{
	*ret_n = G_N_ELEMENTS(codecs);
	return codecs;
}

const struct cusax_codec *cusax_codec_by_word(const char *word)
{
	for (size_t i = 0; i < G_N_ELEMENTS(codecs); i++) {
		if (g_str_equal(codecs[i]->word, word))
			return codecs[i];
	}
	return NULL;
}
