# Runs a command as the leader of its own process group, and ends the group when nobody else does.
# $1 this text, $2 the mark, $3 seconds until the group is ended, $4 the command.
# Before the command starts, both streams get one line: the mark, and what `kill` needs to end the command.

LC_ALL=C
export LC_ALL

if [ -r "/proc/$$/stat" ]; then
    read -r _ _ _ _ group _ <"/proc/$$/stat"
else
    group=$(ps -o pgid= -p "$$")
fi
if [ "${group:-0}" -ne "$$" ] && command -v setsid >/dev/null 2>&1; then
    # shellcheck disable=SC2016 # the new shell expands it
    exec setsid /bin/sh -c 'eval "$1"' ict "$@"
fi
if [ "${group:-0}" -ne "$$" ]; then
    # The group is somebody else's and must live: only this process can be ended.
    echo "$2 $$"
    echo "$2 $$" >&2
    exec /bin/sh -c "$4"
fi

echo "$2 -$$"
echo "$2 -$$" >&2

# What this shell itself would say (`Killed`) is none of the command's output.
exec 3>&2 2>/dev/null
(
    # KILL, because a child that has not yet become `sleep` would still catch TERM.
    trap 'kill -s KILL "$!"; wait; exit' TERM
    sleep "$3" &
    wait "$!" || exit # something else ended the sleep, not the time
    trap '' TERM
    kill -s TERM -- "-$$"
    sleep 2
    kill -s KILL -- "-$$"
) </dev/null >/dev/null 3>&- &
(exec /bin/sh -c "$4" 2>&3 3>&-)
status=$?
kill "$!"
wait
exit "$status"
