/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Preloaded into a program under test: while $LAB_FULL_FLAG is there, no regular file takes a byte.
 * Any thread; keeps nothing. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int is_full(int fd)
{
	const char *flag = getenv("LAB_FULL_FLAG");
	struct stat facts;

	return flag && access(flag, F_OK) == 0 && fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode);
}

ssize_t write(int fd, const void *bytes, size_t size)
{
	ssize_t (*real)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");

	if (is_full(fd)) {
		errno = ENOSPC;
		return -1;
	}
	return real(fd, bytes, size);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
	ssize_t (*real)(int, const void *, size_t, off_t) = dlsym(RTLD_NEXT, "pwrite");

	if (is_full(fd)) {
		errno = ENOSPC;
		return -1;
	}
	return real(fd, bytes, size, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t offset)
{
	ssize_t (*real)(int, const void *, size_t, off64_t) = dlsym(RTLD_NEXT, "pwrite64");

	if (is_full(fd)) {
		errno = ENOSPC;
		return -1;
	}
	return real(fd, bytes, size, offset);
}
