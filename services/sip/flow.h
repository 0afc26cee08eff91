/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The flow to the proxy (RFC 5626): kept open, watched, and asked for a sign of life. */
/* The libre thread. */
#pragma once

#include "services/sip/account.h"

struct cusax_flow;

struct cusax_flow *cusax_flow_new(CusaxSipAccount *account);
/* Whoever waits for a check is told that it was cancelled. */
void cusax_flow_free(struct cusax_flow *flow);

/* The registrar took a REGISTER; msg is its answer and came by the flow. Fine to repeat. */
void cusax_flow_registered(struct cusax_flow *flow, const struct sip_msg *msg);
/* STUN that came from the proxy over UDP. */
void cusax_flow_stun_received(struct cusax_flow *flow, struct mbuf *mb);
/* Before the sockets go. */
void cusax_flow_stop(struct cusax_flow *flow);

/* CUSAX_OPERATION_CHECK of that id: another own address, or a server that does not answer a REGISTER
 * within seconds, makes the account fail. */
void cusax_flow_check(struct cusax_flow *flow, guint64 op);
