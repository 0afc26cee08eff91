/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sound through a real PulseAudio of our own: null sinks instead of a sound card. */
/* One thread, beside that of PulseAudio. */
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "tests/tone.h"
#include "tests/wire/media-pair.h"

#define RATE 48000

enum {
	SOON = 15000,
};

/* A tone sounds at mic_a and mic_b; what arrives at spk_a and spk_b is recorded. */
static const char script[] = "load-module module-native-protocol-unix socket=%s auth-anonymous=1\n"
			     "load-module module-null-sink sink_name=mic_a rate=48000 channels=1\n"
			     "load-module module-null-sink sink_name=mic_b rate=48000 channels=1\n"
			     "load-module module-null-sink sink_name=spk_a rate=48000 channels=1\n"
			     "load-module module-null-sink sink_name=spk_b rate=48000 channels=1\n"
			     "load-module module-null-sink sink_name=spk_c rate=48000 channels=1\n"
			     "load-module module-sine frequency=440 sink=mic_a\n"
			     "load-module module-sine frequency=660 sink=mic_b\n";

struct server {
	char *folder, *socket, *script;
	GPid process, recorder;
	char *recording;
};

static struct server ours;

static void die_with_parent(gpointer data)
{
	(void)data;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* By hand: GSubprocess would add a thread that is not under test. */
static GPid spawn(const struct server *server, const char *output, const char *const *argv)
{
	g_auto(GStrv) environment = g_get_environ();
	g_autoptr(GError) error = NULL;
	int fd = g_open(output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	GPid pid;

	environment = g_environ_setenv(environment, "DBUS_SESSION_BUS_ADDRESS", "disabled:", TRUE);
	environment = g_environ_unsetenv(environment, "LD_PRELOAD");
	g_assert_cmpint(fd, >=, 0);
	g_spawn_async_with_fds(server->folder, (char **)argv, environment,
			       G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD |
				       G_SPAWN_STDERR_TO_DEV_NULL,
			       die_with_parent, NULL, &pid, -1, fd, -1, &error);
	g_assert_no_error(error);
	close(fd);
	return pid;
}

static void start(struct server *server)
{
	const char *argv[] = { "pulseaudio",
			       "-n",
			       "--daemonize=no",
			       "--exit-idle-time=-1",
			       "--disallow-exit",
			       "--use-pid-file=no",
			       "--realtime=no",
			       "--high-priority=no",
			       "-F",
			       server->script,
			       NULL };

	server->process = spawn(server, "/dev/null", argv);
}

static void stop(GPid *pid)
{
	if (!*pid)
		return;
	kill(*pid, SIGKILL);
	waitpid(*pid, NULL, 0);
	*pid = 0;
}

static void record(struct server *server, const char *sink)
{
	g_autofree char *monitor = g_strconcat(sink, ".monitor", NULL);
	const char *argv[] = { "parec",
			       "--raw",
			       "--rate=48000",
			       "--channels=1",
			       "--format=s16le",
			       "--latency-msec=40",
			       "-s",
			       server->socket,
			       "-d",
			       monitor,
			       NULL };

	stop(&server->recorder);
	g_unlink(server->recording);
	server->recorder = spawn(server, server->recording, argv);
}

/* The tone of the last third of a second that was recorded, 0: none. */
static double recorded_tone(const struct server *server)
{
	g_autofree char *bytes = NULL;
	const size_t n = RATE / 3;
	const int16_t *samples;
	double best = 0, share = 0, estimate;
	size_t crossings = 0;
	gsize length;

	if (!g_file_get_contents(server->recording, &bytes, &length, NULL) || length < 2 * n)
		return 0;
	samples = (const int16_t *)(const void *)(bytes + (length - 2 * n) / 2 * 2);
	if (tone_rms(samples, n) < 500)
		return 0;
	/* Crossings of zero tell the frequency; the share of power there, that it is one tone. */
	for (size_t i = 1; i < n; i++)
		crossings += (samples[i - 1] < 0) != (samples[i] < 0);
	estimate = (double)crossings * RATE / 2 / (double)n;
	for (double frequency = estimate - 3; frequency <= estimate + 3; frequency += 1) {
		double found = tone_share(samples, n, RATE, frequency);

		if (found > share) {
			share = found;
			best = frequency;
		}
	}
	return share > 0.8 ? best : 0;
}

struct expected {
	const struct server *server;
	double frequency;
};

static gboolean is_recorded(struct pair *pair, gconstpointer data)
{
	const struct expected *expected = data;
	double tone = recorded_tone(expected->server);

	(void)pair;
	return fabs(tone - expected->frequency) <= 0.02 * expected->frequency;
}

static gboolean nothing_recorded(struct pair *pair, gconstpointer data)
{
	(void)pair;
	return recorded_tone(data) == 0;
}

static gboolean socket_exists(struct pair *pair, gconstpointer data)
{
	(void)pair;
	return g_file_test(data, G_FILE_TEST_EXISTS);
}

/* The environment is set before there is a second thread: one folder serves all tests. */
static void make_folder(struct server *server)
{
	g_autofree char *text = NULL, *address = NULL;

	server->folder = g_dir_make_tmp("cusax-pulse-XXXXXX", NULL);
	server->socket = g_build_filename(server->folder, "socket", NULL);
	server->script = g_build_filename(server->folder, "script.pa", NULL);
	server->recording = g_build_filename(server->folder, "recording", NULL);
	text = g_strdup_printf(script, server->socket);
	g_assert_true(g_file_set_contents(server->script, text, -1, NULL));
	address = g_strconcat("unix:", server->socket, NULL);
	g_setenv("PULSE_SERVER", address, TRUE);
	g_setenv("HOME", server->folder, TRUE);
	g_setenv("XDG_RUNTIME_DIR", server->folder, TRUE);
	g_setenv("XDG_CONFIG_HOME", server->folder, TRUE);
}

static void remove_folder(struct server *server)
{
	const char *argv[] = { "rm", "-rf", server->folder, NULL };

	g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
				   NULL, NULL, NULL));
	g_free(server->recording);
	g_free(server->script);
	g_free(server->socket);
	g_free(server->folder);
}

static void end(struct server *server)
{
	stop(&server->recorder);
	stop(&server->process);
	g_unlink(server->socket);
}

static struct pair *call_between(const char *codec)
{
	struct pair_options options = { CUSAX_SRTP_PREFER, "sdes", codec, 0 };
	struct pair *pair = pair_new(&options, &options);

	cusax_media_device(pair->a.media, true, "mic_a.monitor");
	cusax_media_device(pair->a.media, false, "spk_a");
	cusax_media_device(pair->b.media, true, "mic_b.monitor");
	cusax_media_device(pair->b.media, false, "spk_b");
	return pair;
}

static gboolean have_server(void)
{
	g_autofree char *server = g_find_program_in_path("pulseaudio");
	g_autofree char *recorder = g_find_program_in_path("parec");

	if (!server || !recorder)
		g_test_skip("pulseaudio or parec is not installed");
	return server && recorder;
}

static void expect_tone(struct pair *pair, struct server *server, const char *sink, double tone)
{
	struct expected expected = { server, tone };

	record(server, sink);
	g_assert_true(pair_wait(pair, is_recorded, &expected, SOON));
}

static void test_tone(gconstpointer codec)
{
	struct server *server = &ours;
	struct pair *pair;

	if (!have_server())
		return;
	start(server);
	pair = call_between(codec);
	g_assert_true(pair_wait(pair, socket_exists, server->socket, SOON));
	pair_connect(pair);
	expect_tone(pair, server, "spk_b", 440);
	expect_tone(pair, server, "spk_a", 660);
	pair_free(pair);
	end(server);
}

static void test_restart(gconstpointer codec)
{
	struct server *server = &ours;
	struct pair *pair;

	if (!have_server())
		return;
	/* No server at first: the call begins silent and lives. */
	pair = call_between(codec);
	pair_connect(pair);
	pair_run(pair, 700);
	start(server);
	g_assert_true(pair_wait(pair, socket_exists, server->socket, SOON));
	expect_tone(pair, server, "spk_b", 440);

	stop(&server->process);
	pair_run(pair, 300);
	g_unlink(server->socket);
	start(server);
	g_assert_true(pair_wait(pair, socket_exists, server->socket, SOON));
	expect_tone(pair, server, "spk_b", 440);
	expect_tone(pair, server, "spk_a", 660);
	g_assert_cmpuint(pair->a.failed + pair->b.failed, ==, 0);
	pair_free(pair);
	end(server);
}

static void test_move(gconstpointer codec)
{
	struct server *server = &ours;
	struct pair *pair;

	if (!have_server())
		return;
	start(server);
	pair = call_between(codec);
	g_assert_true(pair_wait(pair, socket_exists, server->socket, SOON));
	pair_connect(pair);
	expect_tone(pair, server, "spk_b", 440);
	cusax_media_device(pair->b.media, false, "spk_c");
	expect_tone(pair, server, "spk_c", 440);
	/* The microphone of the other: b hears what b's own microphone hears. */
	cusax_media_device(pair->a.media, true, "mic_b.monitor");
	expect_tone(pair, server, "spk_c", 660);
	/* Hold: the other hears nothing. */
	cusax_media_hold(pair->a.media, true);
	record(server, "spk_c");
	pair_run(pair, 1000);
	g_assert_true(pair_wait(pair, nothing_recorded, server, SOON));
	pair_free(pair);
	end(server);
}

int main(int argc, char **argv)
{
	int result;

	g_test_init(&argc, &argv, NULL);
	g_assert_cmpint(libre_init(), ==, 0);
	pair_use_server();
	make_folder(&ours);
	g_test_add_data_func("/media/pulse/tone both ways/opus", "['opus']", test_tone);
	g_test_add_data_func("/media/pulse/tone both ways/pcmu", "['pcmu']", test_tone);
	g_test_add_data_func("/media/pulse/server comes late and is restarted", "['opus']",
			     test_restart);
	g_test_add_data_func("/media/pulse/devices move in a call", "['pcma']", test_move);
	result = g_test_run();
	remove_folder(&ours);
	cusax_media_close();
	libre_close();
	return result;
}
