/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Guards on the user's own files, and their replacement in one step. */
/* Usable from any thread; blocking. */
#include "daemon/store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/error.h"

#define MAX_ASIDE 1000 /* files kept aside under one name; then something else is wrong */

void cusax_file_set_error(GError **error, int code, const char *what, const char *name)
{
	CusaxError named = CUSAX_ERROR_FAILED;

	if (code == ENOENT)
		named = CUSAX_ERROR_NOT_FOUND;
	else if (code == ENOSPC || code == EDQUOT)
		named = CUSAX_ERROR_LIMIT_EXCEEDED;
	else if (code == ELOOP)
		named = CUSAX_ERROR_REFUSED; /* O_NOFOLLOW met a symbolic link */
	g_set_error(error, CUSAX_ERROR, named, "%s: %s: %s", name, what,
		    code == ELOOP ? "it is a symbolic link" : g_strerror(code));
}

/* Anybody who can write a file of settings could lower what they protect. */
static gboolean is_own(const struct stat *status, const char *name, GError **error)
{
	const char *why = NULL;

	if (status->st_uid != geteuid())
		why = "belongs to another user";
	else if (status->st_mode & (S_IWGRP | S_IWOTH))
		why = "is writable for other users";
	if (!why)
		return TRUE;
	g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_REFUSED, "%s %s", name, why);
	return FALSE;
}

int cusax_folder_open(const char *path, GError **error)
{
	struct stat status;
	int fd;

	if (g_mkdir_with_parents(path, 0700) < 0) {
		cusax_file_set_error(error, errno, "cannot make the folder", path);
		return -1;
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		/* A link to a folder is told as ENOTDIR where both flags are given. */
		struct stat link;
		int code = errno;

		if (lstat(path, &link) == 0 && S_ISLNK(link.st_mode))
			code = ELOOP;
		cusax_file_set_error(error, code, "cannot open the folder", path);
		return -1;
	}
	if (fstat(fd, &status) < 0) {
		cusax_file_set_error(error, errno, "cannot look at the folder", path);
	} else if (is_own(&status, path, error)) {
		if ((status.st_mode & 077) == 0 || fchmod(fd, status.st_mode & 0700) == 0)
			return fd;
		cusax_file_set_error(error, errno, "cannot close the folder to others", path);
	}
	close(fd);
	return -1;
}

/* Opens a regular file of the user's own. O_NONBLOCK: a FIFO must not hold us up. */
static int open_own(int folder, const char *name, int flags, struct stat *ret_status,
		    gboolean *ret_tightened, GError **error)
{
	int fd = openat(folder, name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, 0600);

	if (fd < 0) {
		/* ENXIO: a FIFO without a reader, or a socket. */
		if (errno == ENXIO)
			g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_REFUSED,
				    "%s is not a regular file", name);
		else
			cusax_file_set_error(error, errno, "cannot open it", name);
		return -1;
	}
	if (fstat(fd, ret_status) < 0) {
		cusax_file_set_error(error, errno, "cannot look at it", name);
	} else if (!S_ISREG(ret_status->st_mode)) {
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_REFUSED, "%s is not a regular file",
			    name);
	} else if (is_own(ret_status, name, error)) {
		*ret_tightened = (ret_status->st_mode & 077) != 0;
		if (!*ret_tightened || fchmod(fd, ret_status->st_mode & 0600) == 0)
			return fd;
		cusax_file_set_error(error, errno, "cannot close it to others", name);
	}
	close(fd);
	return -1;
}

static void take_stamp(const struct stat *status, CusaxFileStamp *ret_stamp)
{
	*ret_stamp = (CusaxFileStamp){ .inode = status->st_ino,
				       .size = status->st_size,
				       .mtime_s = status->st_mtim.tv_sec,
				       .mtime_ns = status->st_mtim.tv_nsec };
}

static gboolean is_same(const CusaxFileStamp *a, const CusaxFileStamp *b)
{
	return a->inode == b->inode && a->size == b->size && a->mtime_s == b->mtime_s &&
	       a->mtime_ns == b->mtime_ns;
}

gboolean cusax_file_read(int folder, const char *name, gsize limit, char **ret_data,
			 gsize *ret_length, CusaxFileStamp *ret_stamp, gboolean *ret_tightened,
			 GError **error)
{
	g_autofree char *data = NULL;
	struct stat status;
	gsize length = 0;
	int fd = open_own(folder, name, O_RDONLY, &status, ret_tightened, error);

	if (fd < 0)
		return FALSE;
	/* One more than the limit, to see whether there is more. */
	data = g_malloc(limit + 2);
	while (length <= limit) {
		gssize got = read(fd, data + length, limit + 1 - length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			cusax_file_set_error(error, errno, "cannot read it", name);
			close(fd);
			return FALSE;
		}
		if (got == 0)
			break;
		length += got;
	}
	close(fd);
	if (length > limit) {
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_LIMIT_EXCEEDED,
			    "%s is larger than %" G_GSIZE_FORMAT " bytes", name, limit);
		return FALSE;
	}
	data[length] = '\0';
	*ret_data = g_steal_pointer(&data);
	*ret_length = length;
	take_stamp(&status, ret_stamp);
	return TRUE;
}

gboolean cusax_file_prepare(int folder, const char *name, GError **error)
{
	struct stat status;
	gboolean tightened;
	int fd = open_own(folder, name, O_RDWR | O_CREAT, &status, &tightened, error);

	if (fd < 0)
		return FALSE;
	close(fd);
	return TRUE;
}

static gboolean write_all(int fd, const char *data, gsize length)
{
	while (length > 0) {
		gssize done = write(fd, data, length);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return FALSE;
		data += done;
		length -= done;
	}
	return fsync(fd) == 0;
}

static gboolean keep_edited(int folder, const char *name, const CusaxFileStamp *expected,
			    GError **error)
{
	struct stat status;
	CusaxFileStamp found;

	if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return TRUE; /* gone: nothing to keep */
	take_stamp(&status, &found);
	return is_same(&found, expected) ||
	       cusax_file_set_aside(folder, name, "edited", NULL, error);
}

gboolean cusax_file_replace(int folder, const char *name, const char *data, gsize length,
			    CusaxFileStamp *stamp, GError **error)
{
	g_autofree char *temporary = g_strdup_printf(".%s.%08x", name, g_random_int());
	const char *what = "cannot write it";
	struct stat status;
	int fd = openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			0600);

	if (fd < 0) {
		cusax_file_set_error(error, errno, what, name);
		return FALSE;
	}
	/* The umask may have taken permissions, never given any. */
	if (!write_all(fd, data, length) || fchmod(fd, 0600) < 0 || fstat(fd, &status) < 0) {
		cusax_file_set_error(error, errno, what, name);
		goto fail;
	}
	if (!keep_edited(folder, name, stamp, error))
		goto fail;
	if (renameat(folder, temporary, folder, name) < 0) {
		cusax_file_set_error(error, errno, "cannot replace it", name);
		goto fail;
	}
	close(fd);
	take_stamp(&status, stamp);
	if (fsync(folder) < 0) {
		cusax_file_set_error(error, errno, "cannot flush its folder", name);
		return FALSE;
	}
	return TRUE;
fail:
	close(fd);
	unlinkat(folder, temporary, 0);
	return FALSE;
}

gboolean cusax_file_set_aside(int folder, const char *name, const char *word, char **ret_name,
			      GError **error)
{
	for (guint n = 1; n <= MAX_ASIDE; n++) {
		g_autofree char *aside = g_strdup_printf("%s.%s-%u", name, word, n);

		if (renameat2(folder, name, folder, aside, RENAME_NOREPLACE) == 0) {
			if (ret_name)
				*ret_name = g_steal_pointer(&aside);
			return TRUE;
		}
		if (errno != EEXIST) {
			cusax_file_set_error(error, errno, "cannot keep it aside", name);
			return FALSE;
		}
	}
	g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_LIMIT_EXCEEDED,
		    "%s: too many files are kept aside", name);
	return FALSE;
}
