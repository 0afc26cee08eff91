/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The RTP and RTCP ports of one call, and who may be heard on them. */
/* Libre thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <re.h>

#include "daemon/base/media-facts.h"
#include "services/media/srtp.h"

enum {
	CUSAX_RTP_HEADROOM = 16, /* bytes to leave free before a payload to be sent */
	CUSAX_RTP_LAYER = 20,    /* of our helpers on the sockets */
};

struct cusax_rtp;

/* A packet that passed every guard; payload without header, padding and protection. */
typedef void(cusax_rtp_heard_h)(const struct rtp_header *header, struct mbuf *payload, void *arg);

struct cusax_rtp_stats {
	uint64_t sent, heard;
	uint64_t bytes_sent, bytes_heard; /* of payload */
	uint32_t withheld;    /* not sent: encryption is agreed and there is no key yet */
	uint32_t foreign;     /* from an address that is not the other side's */
	uint32_t unauthentic; /* clear, forged or repeated on an encrypted call */
	uint32_t stranger;    /* another sender (SSRC) than the one locked on to */
	uint32_t malformed;   /* not RTP, or not of an agreed payload type */
};

/* Opens an even port and the one above it, within low..high. EADDRINUSE where none is free. */
int cusax_rtp_alloc(struct cusax_rtp **ret_rtp, const struct sa *local, uint16_t low, uint16_t high,
		    cusax_rtp_heard_h *heard, void *arg);

/* The same ports of the call at another address of this machine, within low..high: numbering, keys and
 * helpers go on. EADDRINUSE where none is free, EADDRNOTAVAIL where the address is not ours; nothing
 * changed then. */
int cusax_rtp_move(struct cusax_rtp *rtp, const struct sa *local, uint16_t low, uint16_t high);

const struct sa *cusax_rtp_local(const struct cusax_rtp *rtp);
struct udp_sock *cusax_rtp_socket(const struct cusax_rtp *rtp);
struct cusax_srtp *cusax_rtp_srtp(const struct cusax_rtp *rtp);

/* An object that must go after the last packet was sent and before the sockets: kept and
 * dereferenced in that order. */
void cusax_rtp_keep(struct cusax_rtp *rtp, void *object);

/* The same for what carries the packets (ICE); it goes last. knows: whether the other side may send
 * from an address, being a candidate of its. */
void cusax_rtp_keep_path(struct cusax_rtp *rtp, void *path,
			 bool (*knows)(const struct sa *source, void *path));
struct udp_sock *cusax_rtp_report_socket(const struct cusax_rtp *rtp);

/* Nothing is sent and nobody heard until an address is set again. */
void cusax_rtp_forget_remote(struct cusax_rtp *rtp);
/* The negotiated address of the other side; drops the lock where it differs from the one before.
 * rtcp: NULL where none is to be sent. mux: RTCP on the RTP port (RFC 5761). */
void cusax_rtp_set_remote(struct cusax_rtp *rtp, const struct sa *remote, const struct sa *rtcp,
			  bool mux);

/* From now on nothing leaves and nothing is heard that the keys do not protect. */
void cusax_rtp_demand_keys(struct cusax_rtp *rtp);

/* The payload types that were agreed; what is not marked is dropped. */
void cusax_rtp_set_types(struct cusax_rtp *rtp, const bool types[static 128]);

/* Sends the bytes of payload from its position, which must be CUSAX_RTP_HEADROOM or more. */
int cusax_rtp_send(struct cusax_rtp *rtp, bool marker, uint8_t type, uint32_t timestamp,
		   struct mbuf *payload);

/* TRUE where DTLS from that address may be taken: the negotiated one, or the first that comes. */
bool cusax_rtp_is_remote(const struct cusax_rtp *rtp, const struct sa *source);

/* The RTP clock of the codec, for the jitter in reports. */
void cusax_rtp_set_clock(struct cusax_rtp *rtp, uint32_t clock);
/* When the last packet passed the guards (tmr_jiffies()); 0: none did. */
uint64_t cusax_rtp_heard_at(const struct cusax_rtp *rtp);
/* Adds what packets and reports (RFC 3550 §6.4) say. */
void cusax_rtp_figures(const struct cusax_rtp *rtp, CusaxMediaFigures *figures);

void cusax_rtp_stats(const struct cusax_rtp *rtp, struct cusax_rtp_stats *ret_stats);
