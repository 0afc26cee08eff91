/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Life of what is told and asked about rooms. */
/* Owned structs: one owner at a time. */
#include "services/room.h"

#include "services/secret.h"

void cusax_room_facts_clear(CusaxRoomFacts *facts)
{
	g_free(facts->address);
	g_free(facts->nick);
	g_free(facts->new_nick);
	g_free(facts->person);
	g_free(facts->text);
	g_free(facts->role);
	g_free(facts->affiliation);
	g_free(facts->photo_hash);
	cusax_secret_free(facts->password);
	g_free(facts->name);
	g_free(facts->audio_video_uri);
	g_strfreev(facts->features);
}

void cusax_room_request_clear(CusaxRoomRequest *request)
{
	g_free(request->address);
	g_free(request->nick);
	cusax_secret_free(request->password);
	g_free(request->person);
	g_free(request->text);
	g_free(request->word);
	g_clear_pointer(&request->settings, g_variant_unref);
}

CusaxBookmark *cusax_bookmark_new(const char *address)
{
	CusaxBookmark *bookmark = g_new0(CusaxBookmark, 1);

	bookmark->address = g_strdup(address);
	return bookmark;
}

CusaxBookmark *cusax_bookmark_copy(const CusaxBookmark *bookmark)
{
	CusaxBookmark *copy = cusax_bookmark_new(bookmark->address);

	copy->name = g_strdup(bookmark->name);
	copy->nick = g_strdup(bookmark->nick);
	copy->password = g_strdup(bookmark->password);
	copy->autojoin = bookmark->autojoin;
	return copy;
}

void cusax_bookmark_free(CusaxBookmark *bookmark)
{
	if (!bookmark)
		return;
	g_free(bookmark->address);
	g_free(bookmark->name);
	g_free(bookmark->nick);
	cusax_secret_free(bookmark->password);
	g_free(bookmark);
}
