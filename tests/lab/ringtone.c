/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes a ring tone for tests: two seconds of one tone as Ogg Vorbis on its output. Argument: its
 * frequency in Hz. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <vorbis/vorbisenc.h>

#define RATE    44100
#define SECONDS 2
#define BLOCK   1024

static void write_page(const ogg_page *page)
{
	fwrite(page->header, 1, (size_t)page->header_len, stdout);
	fwrite(page->body, 1, (size_t)page->body_len, stdout);
}

static void write_blocks(vorbis_dsp_state *state, vorbis_block *block, ogg_stream_state *stream)
{
	ogg_packet packet;
	ogg_page page;

	while (vorbis_analysis_blockout(state, block) == 1) {
		vorbis_analysis(block, NULL);
		vorbis_bitrate_addblock(block);
		while (vorbis_bitrate_flushpacket(state, &packet)) {
			ogg_stream_packetin(stream, &packet);
			while (ogg_stream_pageout(stream, &page))
				write_page(&page);
		}
	}
}

int main(int argc, char **argv)
{
	double hz = argc > 1 ? atof(argv[1]) : 880;
	ogg_packet headers[3];
	ogg_stream_state stream;
	vorbis_dsp_state state;
	vorbis_comment comment;
	vorbis_block block;
	vorbis_info info;
	ogg_page page;

	vorbis_info_init(&info);
	if (vorbis_encode_init_vbr(&info, 1, RATE, 0.4f))
		return 1;
	vorbis_comment_init(&comment);
	vorbis_analysis_init(&state, &info);
	vorbis_block_init(&state, &block);
	ogg_stream_init(&stream, 1);
	vorbis_analysis_headerout(&state, &comment, &headers[0], &headers[1], &headers[2]);
	for (int i = 0; i < 3; i++)
		ogg_stream_packetin(&stream, &headers[i]);
	while (ogg_stream_flush(&stream, &page))
		write_page(&page);
	for (long at = 0; at < (long)RATE * SECONDS; at += BLOCK) {
		float *samples = vorbis_analysis_buffer(&state, BLOCK)[0];

		for (int i = 0; i < BLOCK; i++)
			samples[i] = (float)(0.5 * sin(2 * M_PI * hz * (double)(at + i) / RATE));
		vorbis_analysis_wrote(&state, BLOCK);
		write_blocks(&state, &block, &stream);
	}
	vorbis_analysis_wrote(&state, 0);
	write_blocks(&state, &block, &stream);
	while (ogg_stream_flush(&stream, &page))
		write_page(&page);
	return 0;
}
