# SPDX-License-Identifier: GPL-3.0-or-later
# Completion of cusaxctl for bash; ids are those of the running daemon.

_cusaxctl()
{
	local commands="status accounts pair presence profile roster security doctor lookup routes call answer decline hangup
		hold resume swap mute unmute transfer dtmf calls voicemail send send-file fetch-file transfers chat history search rooms join leave policy devices monitor statistics help"
	local options="--json --wait --secret-fd= --no-start --no-color --help --version"
	local current=${COMP_WORDS[COMP_CWORD]} word noun= verb= words=

	COMPREPLY=()
	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		case $word in
		-* | =) ;;
		*) if [[ -z $noun ]]; then noun=$word; elif [[ -z $verb ]]; then verb=$word; fi ;;
		esac
	done
	if [[ $current == -* ]]; then
		COMPREPLY=($(compgen -W "$options" -- "$current"))
		return
	fi
	case $noun in
	'' | help) [[ $noun == help && $verb ]] || words=$commands ;;
	accounts | profile | roster | pair | calls | voicemail | transfers | chat | history | rooms | policy | security)
		if [[ -z $verb ]]; then
			words=$(cusaxctl complete verbs "$noun" 2>/dev/null)
			[[ $noun == pair ]] && words+=" $(cusaxctl complete accounts 2>/dev/null)"
			[[ $noun == chat || $noun == history ]] && words+=" $(cusaxctl complete contacts 2>/dev/null)"
		else
			case $noun/$verb in
			accounts/add) words="xmpp sip $(cusaxctl complete settings 2>/dev/null)" ;;
			accounts/*) words="$(cusaxctl complete accounts 2>/dev/null)
				$(cusaxctl complete settings 2>/dev/null)" ;;
			roster/* | chat/* | history/*) words=$(cusaxctl complete contacts 2>/dev/null) ;;
			pair/remove) words=$(cusaxctl complete services 2>/dev/null) ;;
			pair/*) words="$(cusaxctl complete accounts 2>/dev/null)
				$(cusaxctl complete settings 2>/dev/null)" ;;
			voicemail/call) words=$(cusaxctl complete accounts 2>/dev/null) ;;
			transfers/cancel) words=$(cusaxctl complete transfers 2>/dev/null) ;;
			calls/show | calls/stats | calls/merge | calls/split | calls/stop-recording) words=$(cusaxctl complete calls 2>/dev/null) ;;
			rooms/*) words="$(cusaxctl complete rooms 2>/dev/null)
				$(cusaxctl complete contacts 2>/dev/null)" ;;
			policy/set) words=$(cusaxctl complete settings 2>/dev/null) ;;
			esac
		fi
		;;
	send) words="$(cusaxctl complete contacts 2>/dev/null)
		$(cusaxctl complete rooms 2>/dev/null)" ;;
	join | leave) words=$(cusaxctl complete rooms 2>/dev/null) ;;
	call | routes | lookup) words=$(cusaxctl complete contacts 2>/dev/null) ;;
	send-file | fetch-file)
		words=$(cusaxctl complete contacts 2>/dev/null)
		[[ -z $verb ]] || { compopt -o filenames 2>/dev/null; words=$(compgen -f -- "$current"); }
		;;
	answer | decline | hangup | hold | resume | swap | mute | unmute | dtmf)
		words="@active @held @incoming @asked $(cusaxctl complete calls 2>/dev/null)"
		;;
	transfer) words="accept decline @active @held @asked $(cusaxctl complete calls 2>/dev/null)
		$(cusaxctl complete contacts 2>/dev/null)" ;;
	presence) words="online away xa dnd offline" ;;
	esac
	COMPREPLY=($(compgen -W "$words" -- "$current"))
	[[ ${COMPREPLY[0]:-} == *= ]] && compopt -o nospace 2>/dev/null
}
complete -F _cusaxctl cusaxctl
