# SPDX-License-Identifier: GPL-3.0-or-later
# Completion of cusaxctl for fish; ids are those of the running daemon.

set -l commands status accounts pair presence profile roster security doctor lookup routes call answer decline hangup \
    hold resume swap mute unmute transfer dtmf calls voicemail send send-file fetch-file transfers chat history search rooms join leave policy devices monitor statistics help
set -l nouns accounts profile roster pair calls voicemail transfers chat history rooms policy

function __cusaxctl_no_verb
    set -l words (commandline -opc | string match -v -- '-*')
    test (count $words) -eq 2
end

complete -c cusaxctl -f
complete -c cusaxctl -l json -s j -d 'One JSON object on standard output'
complete -c cusaxctl -l wait -d 'Wait until it is done'
complete -c cusaxctl -l secret-fd -x -d 'Read the password from a descriptor'
complete -c cusaxctl -l no-start -d 'Do not start the daemon'
complete -c cusaxctl -l no-color -d 'No colours'
complete -c cusaxctl -l help -s h -d 'Help'
complete -c cusaxctl -l version -s V -d 'Version'
complete -c cusaxctl -n "not __fish_seen_subcommand_from $commands" -a "$commands"
complete -c cusaxctl -n '__fish_seen_subcommand_from help' -a "$commands"
for noun in $nouns
    complete -c cusaxctl -n "__cusaxctl_no_verb; and __fish_seen_subcommand_from $noun" \
        -a "(cusaxctl complete verbs $noun 2>/dev/null)"
end
complete -c cusaxctl -n '__fish_seen_subcommand_from accounts; and not __cusaxctl_no_verb' \
    -a '(cusaxctl complete accounts 2>/dev/null; cusaxctl complete settings 2>/dev/null)'
complete -c cusaxctl -n '__fish_seen_subcommand_from accounts; and __fish_seen_subcommand_from add' \
    -a 'xmpp sip'
complete -c cusaxctl -n '__fish_seen_subcommand_from pair; and not __fish_seen_subcommand_from remove' \
    -a '(cusaxctl complete accounts 2>/dev/null)'
complete -c cusaxctl -n '__fish_seen_subcommand_from pair; and __fish_seen_subcommand_from remove' \
    -a '(cusaxctl complete services 2>/dev/null)'
complete -c cusaxctl -n '__fish_seen_subcommand_from roster; and not __cusaxctl_no_verb' \
    -a '(cusaxctl complete contacts 2>/dev/null)'
complete -c cusaxctl -n '__fish_seen_subcommand_from call routes lookup send send-file fetch-file history chat' \
    -a '(cusaxctl complete contacts 2>/dev/null)'
complete -c cusaxctl -n '__fish_seen_subcommand_from join leave send history' \
    -a '(cusaxctl complete rooms 2>/dev/null)'
complete -c cusaxctl -n '__fish_seen_subcommand_from rooms; and not __cusaxctl_no_verb' \
    -a '(cusaxctl complete rooms 2>/dev/null; cusaxctl complete contacts 2>/dev/null)'
complete -c cusaxctl -n '__fish_seen_subcommand_from profile; and __fish_seen_subcommand_from avatar' -F
complete -c cusaxctl -n '__fish_seen_subcommand_from send-file fetch-file; and not __cusaxctl_no_verb' -F
complete -c cusaxctl -n '__fish_seen_subcommand_from transfers; and not __cusaxctl_no_verb' \
    -a '(cusaxctl complete transfers 2>/dev/null)'
complete -c cusaxctl -n '__fish_seen_subcommand_from answer decline hangup hold resume swap mute unmute dtmf' \
    -a '@active @held @incoming @asked (cusaxctl complete calls 2>/dev/null)'
complete -c cusaxctl -n '__fish_seen_subcommand_from transfer' \
    -a 'accept decline @active @held @asked (cusaxctl complete calls 2>/dev/null; cusaxctl complete contacts 2>/dev/null)'
complete -c cusaxctl -n '__fish_seen_subcommand_from policy; and not __cusaxctl_no_verb' \
    -a '(cusaxctl complete settings 2>/dev/null)'
complete -c cusaxctl -n '__fish_seen_subcommand_from presence' -a 'online away xa dnd offline'
complete -c cusaxctl -n '__fish_seen_subcommand_from calls; and __fish_seen_subcommand_from show stats merge split stop-recording' \
    -a '(cusaxctl complete calls 2>/dev/null)'
