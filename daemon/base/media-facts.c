/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Life of the plain facts about the media of calls. */
/* Any thread. */
#include "daemon/base/media-facts.h"

CusaxMediaFigures *cusax_media_figures_new(void)
{
	CusaxMediaFigures *figures = g_new0(CusaxMediaFigures, 1);

	figures->jitter = figures->round_trip = figures->buffered = -1;
	figures->input_latency = figures->output_latency = -1;
	figures->input_level = figures->output_level = CUSAX_LEVEL_SILENT;
	figures->path = "direct";
	return figures;
}

void cusax_media_figures_free(CusaxMediaFigures *figures)
{
	if (!figures)
		return;
	g_free(figures->codec);
	g_free(figures->input_device);
	g_free(figures->output_device);
	g_free(figures);
}

CusaxAudioDevice *cusax_audio_device_new(gboolean input, const char *name, const char *description)
{
	CusaxAudioDevice *device = g_new0(CusaxAudioDevice, 1);

	device->input = input;
	device->name = g_strdup(name);
	device->description = g_strdup(description);
	return device;
}

void cusax_audio_device_free(CusaxAudioDevice *device)
{
	if (!device)
		return;
	g_free(device->name);
	g_free(device->description);
	g_free(device);
}
