/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The presence that the person wishes to show, kept over restarts in the group [presence]. */
/* Main thread. */
#include "daemon/store/config-private.h"

#define GROUP "presence"

void cusax_config_presence(CusaxConfig *config, CusaxAvailability *ret_availability,
			   char **ret_message)
{
	g_autofree char *word = g_key_file_get_string(config->file, GROUP, "availability", NULL);
	int availability;

	/* What cannot be read is the default: being offline by accident helps nobody. */
	*ret_availability = CUSAX_AVAILABILITY_ONLINE;
	if (word && cusax_word_parse(CUSAX_TYPE_AVAILABILITY, word, &availability))
		*ret_availability = availability;
	*ret_message = g_key_file_get_string(config->file, GROUP, "message", NULL);
}

void cusax_config_set_presence(CusaxConfig *config, CusaxAvailability availability,
			       const char *message)
{
	g_key_file_set_string(config->file, GROUP, "availability",
			      cusax_word(CUSAX_TYPE_AVAILABILITY, availability));
	if (message && *message)
		g_key_file_set_string(config->file, GROUP, "message", message);
	else
		g_key_file_remove_key(config->file, GROUP, "message", NULL);
}
