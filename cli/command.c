/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of commands, and help made from it. */
/* Single-threaded, as all of cusaxctl. */
#include "cli/command.h"

#include <string.h>

#include "cli/error.h"
#include "cli/output.h"

#define ANY CUSAX_ANY_NUMBER
#define STATUS_HELP                                                                                \
	"Placeholders of --format: Availability StatusMessage Unread MissedCalls Version; of "     \
	"the\n"                                                                                    \
	"first service Name State ChatState TelephonyState StateReason; Calls (how many), and "    \
	"of\n"                                                                                     \
	"the first call CallState CallName CallUri. {{ is a brace."
#define SETTINGS_HELP                                                                              \
	"Settings are key=value; lists are joined by commas, an empty value brings the default "   \
	"back."

#define ROOM_SETTINGS_HELP                                                                         \
	"Settings of a room: name, description, audio-video-uri; members-only, "                   \
	"moderated,\n"                                                                             \
	"persistent and public are yes or no."

/* clang-format off */
const CusaxCommand cusax_commands[] = {
	{ "status", "", 0, 0, "Show accounts, presence and calls", STATUS_HELP,
	  cusax_command_status, cusax_status_options, FALSE },
	{ "accounts", "", 0, 0, "List accounts", NULL,
	  cusax_command_accounts, NULL, FALSE },
	{ "accounts list", "", 0, 0, "List accounts", NULL,
	  cusax_command_accounts, NULL, FALSE },
	{ "accounts add", "xmpp|sip ADDRESS [KEY=VALUE...]", 2, ANY, "Add an account", SETTINGS_HELP,
	  cusax_command_accounts_add, cusax_accounts_add_options, FALSE },
	{ "accounts show", "ACCOUNT", 1, 1, "Show all of an account", NULL,
	  cusax_command_accounts_show, NULL, FALSE },
	{ "accounts set", "ACCOUNT KEY=VALUE...", 2, ANY, "Change settings", SETTINGS_HELP,
	  cusax_command_accounts_set, NULL, FALSE },
	{ "accounts enable", "ACCOUNT", 1, 1, "Switch an account on", NULL,
	  cusax_command_accounts_enable, NULL, FALSE },
	{ "accounts disable", "ACCOUNT", 1, 1, "Switch an account off", NULL,
	  cusax_command_accounts_disable, NULL, FALSE },
	{ "accounts connect", "ACCOUNT", 1, 1, "Try to connect now", NULL,
	  cusax_command_accounts_connect, NULL, FALSE },
	{ "accounts disconnect", "ACCOUNT", 1, 1, "Take an account down for now", NULL,
	  cusax_command_accounts_disconnect, NULL, FALSE },
	{ "accounts archive", "ACCOUNT [always|never|roster]", 1, 2,
	  "Show or set what the server's archive keeps",
	  "roster keeps what is said with contacts. --always and --never name those to whom that does not apply; an\n"
	  "empty one takes the list away.",
	  cusax_command_accounts_archive, cusax_accounts_archive_options, FALSE },
	{ "accounts unblock-all", "ACCOUNT", 1, 1, "Empty the block list", NULL,
	  cusax_command_accounts_unblock_all, NULL, FALSE },
	{ "accounts remove", "ACCOUNT", 1, 1, "Remove an account", NULL,
	  cusax_command_accounts_remove, cusax_accounts_remove_options, FALSE },
	{ "accounts secret", "ACCOUNT", 1, 1, "Set the password",
	  "It is asked on the terminal, or read from --secret-fd.",
	  cusax_command_accounts_secret, NULL, FALSE },
	{ "pair", "CHAT TELEPHONY [KEY=VALUE...]", 2, ANY, "Make one service of two accounts",
	  SETTINGS_HELP, cusax_command_pair, NULL, FALSE },
	{ "pair list", "", 0, 0, "List services", NULL,
	  cusax_command_pair_list, NULL, FALSE },
	{ "pair publish", "[SERVICE]", 0, 1, "Enter your telephone address in your vCard", NULL,
	  cusax_command_pair_publish, NULL, FALSE },
	{ "pair remove", "SERVICE", 1, 1, "Dissolve a service", NULL,
	  cusax_command_pair_remove, NULL, FALSE },
	{ "presence", "[online|away|xa|dnd|offline [TEXT]]", 0, 2, "Show or set your presence", NULL,
	  cusax_command_presence, NULL, FALSE },
	{ "profile", "", 0, 0, "Show what others see of you", NULL,
	  cusax_command_profile, cusax_profile_options, FALSE },
	{ "profile show", "", 0, 0, "Show what others see of you", NULL,
	  cusax_command_profile, cusax_profile_options, FALSE },
	{ "profile set", "KEY=VALUE...", 1, ANY, "Change your vCard and nickname",
	  "Keys: name nick note url email phone organization title role birthday. An empty value takes a field away;\n"
	  "what is not named stays as it is.",
	  cusax_command_profile_set, cusax_profile_options, FALSE },
	{ "profile avatar", "FILE", 1, 1, "Publish your picture", NULL,
	  cusax_command_profile_avatar, cusax_profile_options, FALSE },
	{ "profile no-avatar", "", 0, 0, "Take your picture back", NULL,
	  cusax_command_profile_no_avatar, cusax_profile_options, FALSE },
	{ "roster", "", 0, 0, "List contacts", NULL,
	  cusax_command_roster, NULL, FALSE },
	{ "roster list", "", 0, 0, "List contacts", NULL,
	  cusax_command_roster, NULL, FALSE },
	{ "roster show", "CONTACT", 1, 1, "Show all of a contact", NULL,
	  cusax_command_roster_show, NULL, FALSE },
	{ "roster add", "ADDRESS", 1, 1, "Add a contact", NULL,
	  cusax_command_roster_add, cusax_roster_options, FALSE },
	{ "roster set", "CONTACT", 1, 1, "Change --name or --group", NULL,
	  cusax_command_roster_set, cusax_roster_options, FALSE },
	{ "roster remove", "CONTACT", 1, 1, "Remove a contact", NULL,
	  cusax_command_roster_remove, NULL, FALSE },
	{ "roster refresh", "CONTACT", 1, 1, "Fetch the vCard again", NULL,
	  cusax_command_roster_refresh, NULL, FALSE },
	{ "roster subscribe", "CONTACT", 1, 1, "Ask to see a contact's presence", NULL,
	  cusax_command_roster_subscribe, cusax_roster_options, FALSE },
	{ "roster authorize", "CONTACT", 1, 1, "Let a contact see your presence", NULL,
	  cusax_command_roster_authorize, NULL, FALSE },
	{ "roster deny", "CONTACT", 1, 1, "Do not let a contact see your presence", NULL,
	  cusax_command_roster_deny, NULL, FALSE },
	{ "roster last", "CONTACT", 1, 1, "Ask when a contact was last here", NULL,
	  cusax_command_roster_last, NULL, FALSE },
	{ "roster report", "CONTACT spam|abuse [TEXT...]", 2, ANY,
	  "Block a contact and report it to the server", NULL,
	  cusax_command_roster_report, NULL, FALSE },
	{ "roster block", "CONTACT", 1, 1, "Let nothing of a contact through", NULL,
	  cusax_command_roster_block, NULL, FALSE },
	{ "roster unblock", "CONTACT", 1, 1, "Take a contact off the block list", NULL,
	  cusax_command_roster_unblock, NULL, FALSE },
	{ "security", "[SERVICE]", 0, 1, "Show how both sides of a service are protected", NULL,
	  cusax_command_security, NULL, FALSE },
	{ "security show", "[SERVICE]", 0, 1, "Show how both sides of a service are protected", NULL,
	  cusax_command_security, NULL, FALSE },
	{ "security raise", "[SERVICE]", 0, 1, "Bring both sides to the stronger level", NULL,
	  cusax_command_security_raise, NULL, FALSE },
	{ "doctor", "[SERVICE]", 0, 1, "Check what the provider does for its users", NULL,
	  cusax_command_doctor, NULL, FALSE },
	{ "lookup", "ADDRESS", 1, 1, "Say whose address this is", NULL,
	  cusax_command_lookup, NULL, FALSE },
	{ "routes", "TARGET", 1, 1, "List the ways to call somebody, best first", NULL,
	  cusax_command_routes, cusax_routes_options, FALSE },
	{ "call", "TARGET", 1, 1, "Call a contact, a number or a SIP URI",
	  "With --wait it returns when the call is answered, or fails as the call did.",
	  cusax_command_call, cusax_call_options, FALSE },
	{ "answer", "[CALL]", 0, 1, "Answer a call", NULL,
	  cusax_command_answer, NULL, FALSE },
	{ "decline", "[CALL]", 0, 1, "Decline a call", NULL,
	  cusax_command_decline, cusax_decline_options, FALSE },
	{ "hangup", "[CALL]", 0, 1, "End a call", NULL,
	  cusax_command_hangup, NULL, FALSE },
	{ "hold", "[CALL]", 0, 1, "Put a call on hold", NULL,
	  cusax_command_hold, NULL, FALSE },
	{ "resume", "[CALL]", 0, 1, "Take a call back from hold", NULL,
	  cusax_command_resume, NULL, FALSE },
	{ "mute", "[CALL]", 0, 1, "Switch the microphone off for a call", NULL,
	  cusax_command_mute, NULL, FALSE },
	{ "unmute", "[CALL]", 0, 1, "Switch it on again", NULL,
	  cusax_command_unmute, NULL, FALSE },
	{ "swap", "[CALL]", 0, 1, "Take back the call on hold, and hold the other", NULL,
	  cusax_command_resume, NULL, FALSE },
	{ "transfer", "[CALL] TARGET", 1, 2, "Hand the other side over to somebody else",
	  "With --attended TARGET is another call of yours: the two are joined, and you leave.",
	  cusax_command_transfer, cusax_transfer_options, FALSE },
	{ "transfer accept", "[CALL]", 0, 1, "Call whom the other side wants you to call", NULL,
	  cusax_command_transfer_accept, cusax_follow_options, FALSE },
	{ "transfer decline", "[CALL]", 0, 1, "Do not call them", NULL,
	  cusax_command_transfer_decline, NULL, FALSE },
	{ "dtmf", "[CALL] KEYS", 1, 2, "Press keys in a call", NULL,
	  cusax_command_dtmf, NULL, FALSE },
	{ "calls", "", 0, 0, "List calls", NULL,
	  cusax_command_calls, NULL, FALSE },
	{ "calls list", "", 0, 0, "List calls", NULL,
	  cusax_command_calls, NULL, FALSE },
	{ "calls show", "[CALL]", 0, 1, "Show all of a call", NULL,
	  cusax_command_calls_show, NULL, FALSE },
	{ "calls stats", "[CALL]", 0, 1, "Figures of the media of a call", NULL,
	  cusax_command_calls_stats, NULL, FALSE },
	{ "calls merge", "CALL OTHER", 2, 2, "Make one conversation of two calls", NULL,
	  cusax_command_calls_merge, NULL, FALSE },
	{ "calls split", "[CALL]", 0, 1, "Take a call out of a conversation", NULL,
	  cusax_command_calls_split, NULL, FALSE },
	{ "calls record", "FILE [CALL]", 1, 2, "Record a call into a new file", NULL,
	  cusax_command_calls_record, NULL, FALSE },
	{ "calls stop-recording", "[CALL]", 0, 1, "End the recording of a call", NULL,
	  cusax_command_calls_stop_recording, NULL, FALSE },
	{ "calls log", "", 0, 0, "List past calls", NULL,
	  cusax_command_calls_log, cusax_calls_options, FALSE },
	{ "calls seen", "[ID]", 0, 1, "Mark missed calls as seen, up to ID", NULL,
	  cusax_command_calls_seen, cusax_calls_options, FALSE },
	{ "voicemail", "[ACCOUNT]", 0, 1, "Show how many voice messages wait", NULL,
	  cusax_command_voicemail, NULL, FALSE },
	{ "voicemail call", "[ACCOUNT]", 0, 1, "Call the mailbox", NULL,
	  cusax_command_voicemail_call, NULL, FALSE },
	{ "send", "WHO TEXT", 2, 2, "Send a message",
	  "WHO is a contact, an address, a chat, a room or a call; TEXT is - for standard input. With --wait it\n"
	  "returns when the server has the message.",
	  cusax_command_send, cusax_chat_options, FALSE },
	{ "send-file", "WHO FILE", 2, 2, "Send a file",
	  "It shows how far it is, and returns when the message with the address of the file is kept.",
	  cusax_command_send_file, cusax_send_file_options, FALSE },
	{ "fetch-file", "WHO ID [FILE]", 2, 3, "Take the file that a message names",
	  "ID is that of the message. Without FILE it is kept in the folder under its own name; what is\n"
	  "there already stays as it is.",
	  cusax_command_fetch_file, cusax_fetch_file_options, FALSE },
	{ "transfers", "", 0, 0, "List files on their way", NULL,
	  cusax_command_transfers, NULL, FALSE },
	{ "transfers list", "", 0, 0, "List files on their way", NULL,
	  cusax_command_transfers, NULL, FALSE },
	{ "transfers cancel", "TRANSFER", 1, 1, "End the transfer of a file", NULL,
	  cusax_command_transfers_cancel, NULL, FALSE },
	{ "chat", "WHO", 1, 1, "Open a chat", NULL,
	  cusax_command_chat, cusax_chat_options, FALSE },
	{ "chat list", "", 0, 0, "List open chats", NULL,
	  cusax_command_chat_list, NULL, FALSE },
	{ "chat read", "WHO", 1, 1, "Mark all of a chat as read", NULL,
	  cusax_command_chat_read, cusax_chat_options, FALSE },
	{ "chat correct", "WHO TEXT", 2, 2, "Correct the last own message", NULL,
	  cusax_command_chat_correct, NULL, FALSE },
	{ "chat react", "WHO ID|last [REACTION...]", 2, ANY, "React to a message; none takes it back", NULL,
	  cusax_command_chat_react, NULL, FALSE },
	{ "chat retract", "WHO ID|last", 2, 2, "Take an own message back", NULL,
	  cusax_command_chat_retract, NULL, FALSE },
	{ "chat privacy", "WHO [KEY=on|off|default...]", 1, ANY, "What the other side learns in a chat",
	  "Keys are receipts, chat-states and markers, as of 'cusaxctl policy'.",
	  cusax_command_chat_privacy, NULL, FALSE },
	{ "history", "[WHO]", 0, 1, "Show messages and calls as they followed each other", NULL,
	  cusax_command_history, cusax_history_options, FALSE },
	{ "history delete", "[WHO]", 0, 1, "Delete history for good", NULL,
	  cusax_command_history_delete, cusax_history_delete_options, FALSE },
	{ "search", "WORDS...", 1, ANY, "Look for words in all messages", NULL,
	  cusax_command_search, cusax_search_options, FALSE },
	{ "rooms", "", 0, 0, "List rooms", NULL,
	  cusax_command_rooms, NULL, FALSE },
	{ "rooms list", "", 0, 0, "List rooms", NULL,
	  cusax_command_rooms, NULL, FALSE },
	{ "rooms show", "ROOM", 1, 1, "Show all of a room and who is in it", NULL,
	  cusax_command_rooms_show, NULL, FALSE },
	{ "rooms invite", "ROOM WHO", 2, 2, "Invite somebody", NULL,
	  cusax_command_rooms_invite, cusax_rooms_options, FALSE },
	{ "rooms decline", "ROOM", 1, 1, "Decline an invitation", NULL,
	  cusax_command_rooms_decline, cusax_rooms_options, FALSE },
	{ "rooms forget", "ROOM", 1, 1, "Leave a room and remove its bookmark", NULL,
	  cusax_command_rooms_forget, NULL, FALSE },
	{ "rooms nick", "ROOM NICK", 2, 2, "Change your nick in a room", NULL,
	  cusax_command_rooms_nick, NULL, FALSE },
	{ "rooms subject", "ROOM [TEXT]", 1, 2, "Show or change the subject", NULL,
	  cusax_command_rooms_subject, NULL, FALSE },
	{ "rooms kick", "ROOM NICK", 2, 2, "Remove somebody from a room", NULL,
	  cusax_command_rooms_kick, cusax_rooms_options, FALSE },
	{ "rooms ban", "ROOM ADDRESS", 2, 2, "Ban somebody from a room", NULL,
	  cusax_command_rooms_ban, cusax_rooms_options, FALSE },
	{ "rooms role", "ROOM NICK none|visitor|participant|moderator", 3, 3, "Change what an occupant may do", NULL,
	  cusax_command_rooms_role, cusax_rooms_options, FALSE },
	{ "rooms affiliation", "ROOM ADDRESS none|outcast|member|admin|owner", 3, 3, "Change what a person is to a room", NULL,
	  cusax_command_rooms_affiliation, cusax_rooms_options, FALSE },
	{ "rooms avatar", "ROOM NICK", 2, 2, "Fetch the picture of an occupant", NULL,
	  cusax_command_rooms_avatar, NULL, FALSE },
	{ "rooms voice", "ROOM", 1, 1, "Ask to be allowed to speak", NULL,
	  cusax_command_rooms_voice, NULL, FALSE },
	{ "rooms configure", "ROOM [KEY=VALUE...]", 1, ANY, "Change what a room is", ROOM_SETTINGS_HELP,
	  cusax_command_rooms_configure, cusax_rooms_configure_options, FALSE },
	{ "rooms destroy", "ROOM", 1, 1, "Destroy a room for everybody", NULL,
	  cusax_command_rooms_destroy, cusax_rooms_options, FALSE },
	{ "rooms call", "ROOM", 1, 1, "Call the conference of a room", NULL,
	  cusax_command_rooms_call, NULL, FALSE },
	{ "join", "ROOM [KEY=VALUE...]", 1, ANY, "Enter a room, or make it", ROOM_SETTINGS_HELP,
	  cusax_command_join, cusax_join_options, FALSE },
	{ "leave", "ROOM", 1, 1, "Leave a room", NULL,
	  cusax_command_leave, NULL, FALSE },
	{ "policy", "", 0, 0, "Show policies", NULL,
	  cusax_command_policy, NULL, FALSE },
	{ "policy show", "", 0, 0, "Show policies", NULL,
	  cusax_command_policy, NULL, FALSE },
	{ "policy set", "KEY=VALUE...", 1, ANY, "Change policies", SETTINGS_HELP,
	  cusax_command_policy_set, NULL, FALSE },
	{ "devices", "", 0, 0, "List microphones and loudspeakers", NULL,
	  cusax_command_devices, NULL, FALSE },
	{ "monitor", "", 0, 0, "Show everything that happens",
	  "With --json one object per line: a snapshot, then changed, added, removed, signal. It goes\n"
	  "on when the daemon restarts, with another snapshot.",
	  cusax_command_monitor, NULL, FALSE },
	{ "statistics", "", 0, 0, "Show counters of the daemon", NULL,
	  cusax_command_statistics, NULL, FALSE },
	{ "help", "[COMMAND]", 0, 2, "Explain a command", NULL,
	  cusax_command_help, NULL, TRUE },
	{ "complete", "WHAT [NOUN]", 1, 2, NULL, NULL,
	  cusax_command_complete, NULL, TRUE },
	{ NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, FALSE },
};
/* clang-format on */

static gboolean belongs_to(const CusaxCommand *command, const char *noun)
{
	gsize length = strlen(noun);

	return strncmp(command->name, noun, length) == 0 &&
	       (command->name[length] == '\0' || command->name[length] == ' ');
}

static void print_options(const GOptionEntry *options)
{
	for (; options && options->long_name; options++)
		cusax_output_line("  --%s%s%-*s %s", options->long_name,
				  options->arg_description ? "=" : "",
				  (int)MAX(2, 20 - (int)strlen(options->long_name)),
				  options->arg_description ? options->arg_description : "",
				  options->description);
}

static gboolean help_for(const char *noun, const char *verb, GError **error)
{
	g_autofree char *full = verb ? g_strconcat(noun, " ", verb, NULL) : g_strdup(noun);
	gboolean found = FALSE;

	for (const CusaxCommand *command = cusax_commands; command->name; command++) {
		if (!command->summary || !belongs_to(command, full))
			continue;
		cusax_output_line("cusaxctl %s %s", command->name, command->arguments);
		cusax_output_line("    %s.", command->summary);
		if (command->help) {
			g_auto(GStrv) lines = g_strsplit(command->help, "\n", -1);

			for (guint i = 0; lines[i]; i++)
				cusax_output_line("    %s", lines[i]);
		}
		print_options(command->options);
		found = TRUE;
	}
	if (!found)
		g_set_error(error, CUSAX_CLI_ERROR, CUSAX_EXIT_USAGE, "there is no command '%s'",
			    full);
	return found;
}

static void help_json(const char *noun)
{
	JsonBuilder *builder = cusax_json_begin();

	json_builder_set_member_name(builder, "commands");
	json_builder_begin_array(builder);
	for (const CusaxCommand *command = cusax_commands; command->name; command++) {
		if (!command->summary || (noun && !belongs_to(command, noun)))
			continue;
		json_builder_begin_object(builder);
		cusax_json_string(builder, "name", command->name);
		cusax_json_string(builder, "arguments", command->arguments);
		cusax_json_string(builder, "summary", command->summary);
		json_builder_end_object(builder);
	}
	json_builder_end_array(builder);
	cusax_json_end(builder);
}

gboolean cusax_command_help(CusaxClient *client, char **arguments, GError **error)
{
	if (client->json) {
		help_json(arguments ? arguments[0] : NULL);
		return TRUE;
	}
	if (arguments && arguments[0])
		return help_for(arguments[0], arguments[1], error);
	cusax_output_line("cusaxctl [OPTION...] [COMMAND [ARGUMENT...]]");
	cusax_output_line("%s", "");
	for (const CusaxCommand *command = cusax_commands; command->name; command++) {
		/* The nouns alone list what there is; their verbs are in the help of the noun. */
		if (command->summary)
			cusax_output_line("  %-22s%s", command->name, command->summary);
	}
	cusax_output_line("%s", "");
	cusax_output_line("  --json           one JSON object on standard output, errors included");
	cusax_output_line("  --wait[=SECONDS] until it is done: answered, online, delivered");
	cusax_output_line("  --secret-fd=N    read the password from descriptor N");
	cusax_output_line("  --no-start       do not let the bus start the daemon");
	cusax_output_line("  --no-color       as NO_COLOR: no colours");
	cusax_output_line("  --version        the version of cusaxctl");
	cusax_output_line("%s", "");
	cusax_output_line("No command is status. 'cusaxctl help COMMAND' explains one.");
	return TRUE;
}
