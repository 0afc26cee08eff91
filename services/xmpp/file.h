/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that messages name: out of band data (XEP-0066), stateless file sharing (XEP-0447). */
/* Main thread. */
#pragma once

#include "daemon/base/facts.h"
#include "services/xmpp/stanza.h"

/* The file that a message names, the richer form first; NULL: none. Nothing is fetched. */
CusaxFile *cusax_xmpp_file_read(CusaxNode *message);
/* Both forms: the older one is what most clients show as a file. */
void cusax_xmpp_file_write(CusaxNode *message, const CusaxFile *file);
