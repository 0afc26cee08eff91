/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of commands: a row says how a command is called, what it is for, and who does it. */
/* Single-threaded, as all of cusaxctl. */
#pragma once

#include "cli/client.h"

/* Does the command. arguments is NULL-terminated and of a length the row allows. */
typedef gboolean (*CusaxCommandRun)(CusaxClient *client, char **arguments, GError **error);

typedef struct {
	const char *name;      /* "call", or noun and verb: "accounts add" */
	const char *arguments; /* as shown in help */
	guint at_least, at_most;
	const char *summary; /* one line; NULL hides the command from help */
	const char *help;    /* more lines, or NULL */
	CusaxCommandRun run;
	const GOptionEntry *options; /* of this command alone, or NULL */
	gboolean offline;            /* needs no bus */
} CusaxCommand;

#define CUSAX_ANY_NUMBER 10000

/* Rows end with one that has no name. */
extern const CusaxCommand cusax_commands[];

/* The options of the commands that have some, beside the functions that read them. */
extern const GOptionEntry cusax_accounts_add_options[];
extern const GOptionEntry cusax_accounts_archive_options[];
extern const GOptionEntry cusax_accounts_remove_options[];
extern const GOptionEntry cusax_roster_options[];
extern const GOptionEntry cusax_call_options[];
extern const GOptionEntry cusax_routes_options[];
extern const GOptionEntry cusax_transfer_options[];
extern const GOptionEntry cusax_follow_options[];
extern const GOptionEntry cusax_decline_options[];
extern const GOptionEntry cusax_calls_options[];
extern const GOptionEntry cusax_chat_options[];
extern const GOptionEntry cusax_history_options[];
extern const GOptionEntry cusax_history_delete_options[];
extern const GOptionEntry cusax_search_options[];
extern const GOptionEntry cusax_send_file_options[];
extern const GOptionEntry cusax_fetch_file_options[];

extern const GOptionEntry cusax_profile_options[];
extern const GOptionEntry cusax_join_options[];
extern const GOptionEntry cusax_rooms_options[];
extern const GOptionEntry cusax_rooms_configure_options[];
extern const GOptionEntry cusax_status_options[];

gboolean cusax_command_status(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_statistics(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_accounts(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_accounts_add(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_accounts_show(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_accounts_set(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_accounts_enable(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_accounts_disable(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_accounts_connect(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_accounts_disconnect(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_accounts_archive(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_accounts_unblock_all(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_accounts_remove(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_accounts_secret(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_pair(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_pair_list(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_pair_remove(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_roster(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_roster_show(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_roster_add(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_roster_set(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_roster_remove(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_roster_refresh(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_roster_subscribe(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_roster_authorize(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_roster_last(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_roster_report(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_roster_deny(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_lookup(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_routes(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_call(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_calls(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_calls_show(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_calls_stats(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_calls_merge(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_calls_split(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_calls_record(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_calls_stop_recording(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_calls_log(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_calls_seen(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_answer(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_decline(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_hangup(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_transfer(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_transfer_accept(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_transfer_decline(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_hold(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_resume(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_mute(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_unmute(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_dtmf(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_voicemail(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_voicemail_call(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_send(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_send_file(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_fetch_file(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_transfers(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_transfers_cancel(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_chat(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_chat_list(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_chat_read(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_chat_react(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_chat_retract(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_chat_correct(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_chat_privacy(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_search(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_history_delete(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_history(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_profile(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_profile_set(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_profile_avatar(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_profile_no_avatar(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_join(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_leave(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_rooms(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_rooms_show(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_rooms_invite(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_rooms_decline(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_rooms_forget(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_rooms_nick(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_rooms_subject(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_rooms_kick(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_rooms_ban(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_rooms_role(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_rooms_affiliation(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_rooms_avatar(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_rooms_voice(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_rooms_configure(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_rooms_destroy(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_rooms_call(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_presence(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_security(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_security_raise(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_pair_publish(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_doctor(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_roster_block(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_roster_unblock(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_devices(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_monitor(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_policy(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_policy_set(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_complete(CusaxClient *client, char **arguments, GError **error);
gboolean cusax_command_help(CusaxClient *client, char **arguments, GError **error);
