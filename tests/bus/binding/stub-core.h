/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A core that does nothing but note the verbs it is asked for and answer as it is told. */
/* Main thread. */
#pragma once

#include "daemon/core.h"

CusaxCore *stub_core_new(void);
/* Every verb must have been answered. */
void stub_core_free(CusaxCore *core);

/* The last verb with its arguments, such as "send_dtmf call=c1 keys=12"; "" where there was none
 * since the last look. */
const char *stub_core_take_last(CusaxCore *core);

/* What verbs are answered with. result: of those that give a variant; taken. */
void stub_core_answer_object(CusaxCore *core, gpointer object);
void stub_core_answer_variant(CusaxCore *core, GVariant *result);
/* Every verb fails; error is taken. NULL: they succeed again. */
void stub_core_fail(CusaxCore *core, GError *error);

/* Answers wait until they are released. */
void stub_core_hold(CusaxCore *core);
void stub_core_release(CusaxCore *core);
guint stub_core_n_held(CusaxCore *core);

/* Called with every verb, as the core would change models before it answers. */
void stub_core_on_verb(CusaxCore *core, void (*run)(gpointer data), gpointer data);
