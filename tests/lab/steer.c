/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Preloaded into a program under test: its name questions go to 127.0.0.1, port in $LAB_DNS_FILE.
 * Any thread; each has its own resolver state. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <stdio.h>
#include <stdlib.h>

static void steer(res_state state)
{
	const char *path = getenv("LAB_DNS_FILE");
	FILE *file = path ? fopen(path, "re") : NULL;
	unsigned port = 0;

	if (!file)
		return;
	if (fscanf(file, "%u", &port) == 1 && port > 0 && port < 65536) {
		state->nscount = 1;
		state->nsaddr_list[0].sin_family = AF_INET;
		state->nsaddr_list[0].sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		state->nsaddr_list[0].sin_port = htons((unsigned short)port);
		/* one question, one second: silence is noticed within the patience of a test */
		state->retrans = 1;
		state->retry = 1;
	}
	fclose(file);
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
		struct addrinfo **result)
{
	int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **) =
		dlsym(RTLD_NEXT, "getaddrinfo");

	res_init();
	steer(&_res);
	return real(node, service, hints, result);
}

int res_nquery(res_state state, const char *name, int class, int type, unsigned char *answer,
	       int size)
{
	int (*real)(res_state, const char *, int, int, unsigned char *, int) =
		dlsym(RTLD_NEXT, "res_nquery");

	steer(state);
	return real(state, name, class, type, answer, size);
}
