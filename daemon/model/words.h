/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of words that many objects have alike: groups of contacts, capabilities. */
/* Main thread. */
#pragma once

#include <glib.h>

/* The list in one piece, shared by all who hold an equal one: each is there once, as long as somebody
 * holds it. Read it as a GStrv, never write to it; give it back with cusax_words_unref(). NULL for
 * NULL. */
GStrv cusax_words_ref(const char *const *words);
void cusax_words_unref(GStrv words);
