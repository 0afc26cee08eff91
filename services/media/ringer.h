/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person hears beside the other side of calls: cusax_media_play() (media.h). */
/* Libre thread. */
#pragma once

/* At the end of the process. */
void cusax_ringer_close(void);
