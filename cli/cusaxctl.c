/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cusaxctl: options, the choice of a command, and the exit status. */
/* Single-threaded. */
#include <locale.h>
#include <signal.h>
#include <string.h>

#include "cli/command.h"
#include "cli/error.h"
#include "cli/output.h"

static gboolean json, no_colour, no_start, help, version;
static int secret_fd = -1;

static const GOptionEntry common[] = {
	{ "json", 'j', 0, G_OPTION_ARG_NONE, &json, NULL, NULL },
	{ "no-color", 0, 0, G_OPTION_ARG_NONE, &no_colour, NULL, NULL },
	{ "no-start", 0, 0, G_OPTION_ARG_NONE, &no_start, NULL, NULL },
	{ "secret-fd", 0, 0, G_OPTION_ARG_INT, &secret_fd, NULL, NULL },
	{ "help", 'h', 0, G_OPTION_ARG_NONE, &help, NULL, NULL },
	{ "version", 'V', 0, G_OPTION_ARG_NONE, &version, NULL, NULL },
	{ 0 }
};

/* --wait and --wait=SECONDS: GOption would take the next word for the seconds. */
static gboolean take_wait(CusaxClient *client, char **words, GError **error)
{
	guint kept = 0;
	gboolean options = TRUE;

	for (guint i = 0; words[i]; i++) {
		char *word = words[i];
		guint64 seconds = 0;

		options = options && strcmp(word, "--") != 0;
		if (!options ||
		    (strcmp(word, "--wait") != 0 && !g_str_has_prefix(word, "--wait="))) {
			words[kept++] = word;
			continue;
		}
		client->wait = TRUE;
		if (word[6] &&
		    !g_ascii_string_to_unsigned(word + 7, 10, 1, 86400, &seconds, NULL)) {
			g_set_error(error, CUSAX_CLI_ERROR, CUSAX_EXIT_USAGE,
				    "--wait= takes 1 to 86400 seconds");
			g_free(word);
			words[kept] = NULL;
			return FALSE;
		}
		client->deadline =
			seconds ? g_get_monotonic_time() + (gint64)seconds * G_USEC_PER_SEC : 0;
		g_free(word);
	}
	words[kept] = NULL;
	return TRUE;
}

static gboolean takes_value(const char *word)
{
	const char *name = word + 2;

	if (!g_str_has_prefix(word, "--") || strchr(word, '='))
		return FALSE;
	for (const CusaxCommand *command = cusax_commands; command->name; command++) {
		for (const GOptionEntry *option = command->options; option && option->long_name;
		     option++) {
			if (strcmp(option->long_name, name) == 0)
				return option->arg != G_OPTION_ARG_NONE;
		}
	}
	return strcmp(name, "secret-fd") == 0;
}

/* The command that the first words name; its noun and verb are taken out of words. */
static const CusaxCommand *take_command(char **words)
{
	const CusaxCommand *best = NULL;
	int first = -1, second = -1;

	for (int i = 1; words[i] && second < 0 && strcmp(words[i], "--") != 0; i++) {
		if (words[i][0] == '-' && words[i][1]) {
			if (takes_value(words[i]) && words[i + 1])
				i++;
			continue;
		}
		if (first < 0)
			first = i;
		else
			second = i;
	}
	if (first < 0)
		return cusax_commands;
	for (const CusaxCommand *command = cusax_commands; command->name; command++) {
		g_autofree char *both = NULL;

		both = second > 0 ? g_strconcat(words[first], " ", words[second], NULL) : NULL;
		if (both && strcmp(command->name, both) == 0) {
			best = command;
			break;
		}
		if (strcmp(command->name, words[first]) == 0)
			best = command;
	}
	if (!best)
		return NULL;
	for (int at = strchr(best->name, ' ') ? second : first; at > 0;
	     at = at == second && second != first ? first : -1) {
		g_free(words[at]);
		memmove(&words[at], &words[at + 1],
			(g_strv_length(&words[at + 1]) + 1) * sizeof(char *));
	}
	return best;
}

/* How many letters must change; enough to find the word that was meant. */
static guint distance(const char *a, const char *b)
{
	guint row[32], columns = MIN(strlen(b), 31);

	for (guint j = 0; j <= columns; j++)
		row[j] = j;
	for (guint i = 1; a[i - 1]; i++) {
		guint diagonal = row[0];

		row[0] = i;
		for (guint j = 1; j <= columns; j++) {
			guint above = row[j];
			guint cost = diagonal + (a[i - 1] != b[j - 1]);

			row[j] = MIN(cost, MIN(row[j - 1], above) + 1);
			diagonal = above;
		}
	}
	return row[columns];
}

static void set_unknown(GError **error, const char *noun, const char *word)
{
	const char *nearest = NULL;
	guint least = 3;

	for (const CusaxCommand *command = cusax_commands; command->name; command++) {
		g_auto(GStrv) words = g_strsplit(command->name, " ", 2);
		const char *known = noun ? words[1] : words[0];

		if (!command->summary || !known || (noun && strcmp(words[0], noun) != 0))
			continue;
		if (distance(word, known) < least) {
			least = distance(word, known);
			nearest = strstr(command->name, known);
			if (!noun)
				nearest = command->name;
		}
	}
	if (nearest)
		g_set_error(error, CUSAX_CLI_ERROR, CUSAX_EXIT_USAGE,
			    "there is no command '%s%s%s'; did you mean '%s%s%.*s'?",
			    noun ? noun : "", noun ? " " : "", word, noun ? noun : "",
			    noun ? " " : "", (int)strcspn(nearest, " "), nearest);
	else
		g_set_error(error, CUSAX_CLI_ERROR, CUSAX_EXIT_USAGE,
			    "there is no command '%s%s%s'; 'cusaxctl help' lists them",
			    noun ? noun : "", noun ? " " : "", word);
}

static gboolean parse(const CusaxCommand *command, char ***words, GError **error)
{
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);
	g_autoptr(GError) why = NULL;

	g_option_context_set_help_enabled(context, FALSE);
	g_option_context_add_main_entries(context, common, NULL);
	if (command && command->options)
		g_option_context_add_main_entries(context, command->options, NULL);
	if (g_option_context_parse_strv(context, words, &why))
		return TRUE;
	g_set_error(error, CUSAX_CLI_ERROR, CUSAX_EXIT_USAGE, "%s", why->message);
	return FALSE;
}

/* GOption leaves a "--" in place where what follows looks like an option. */
static void drop_separator(char **arguments)
{
	while (*arguments && strcmp(*arguments, "--") != 0)
		arguments++;
	if (!*arguments)
		return;
	g_free(*arguments);
	memmove(arguments, arguments + 1, (g_strv_length(arguments + 1) + 1) * sizeof(char *));
}

static gboolean check_count(const CusaxCommand *command, char **arguments, GError **error)
{
	guint n = g_strv_length(arguments);

	if (n >= command->at_least && n <= command->at_most)
		return TRUE;
	if (command->at_most == 0 && !strchr(command->name, ' '))
		set_unknown(error, command->name, arguments[0]);
	else
		g_set_error(error, CUSAX_CLI_ERROR, CUSAX_EXIT_USAGE, "usage: cusaxctl %s %s",
			    command->name, command->arguments);
	return FALSE;
}

static gboolean run(CusaxClient *client, char ***words, GError **error)
{
	const CusaxCommand *command;
	char **arguments;

	/* Even a command line that cannot be parsed is answered in the form that was asked for. */
	json = g_strv_contains((const char *const *)*words, "--json") ||
	       g_strv_contains((const char *const *)*words, "-j");
	cusax_output_init(json, FALSE);
	if (!take_wait(client, *words, error))
		return FALSE;
	command = take_command(*words);
	if (!parse(command, words, error))
		return FALSE;
	cusax_output_init(json, no_colour);
	client->json = json;
	client->start = !no_start;
	client->secret_fd = secret_fd;
	arguments = *words + 1;
	drop_separator(arguments);
	if (version) {
		cusax_output_line("cusaxctl %s", CUSAX_VERSION);
		if (json) {
			JsonBuilder *builder = cusax_json_begin();

			cusax_json_string(builder, "version", CUSAX_VERSION);
			cusax_json_end(builder);
		}
		return TRUE;
	}
	if (!command) {
		set_unknown(error, NULL, arguments[0]);
		return FALSE;
	}
	if (help) {
		g_auto(GStrv) name = g_strsplit(command->name, " ", 2);

		return cusax_command_help(client, command == cusax_commands ? NULL : name, error);
	}
	if (!check_count(command, arguments, error))
		return FALSE;
	if (!command->offline && !cusax_client_connect(client, error))
		return FALSE;
	return command->run(client, arguments, error);
}

int main(int argc G_GNUC_UNUSED, char **argv)
{
	g_auto(GStrv) words = g_strdupv(argv);
	g_autoptr(GError) error = NULL;
	CusaxClient client = { .secret_fd = -1 };
	int status = CUSAX_EXIT_OK;

	setlocale(LC_ALL, "");
	/* A reader that has seen enough ends us, as it does any other tool. */
	signal(SIGPIPE, SIG_DFL);
	if (!run(&client, &words, &error)) {
		status = error ? (int)cusax_cli_error_exit(error) : CUSAX_EXIT_FAILED;
		if (error)
			cusax_output_error(error);
	}
	cusax_client_clear(&client);
	return status;
}
