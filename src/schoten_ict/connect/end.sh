# Ends a process group ($2, written -123) or one process (123): asked to at first, made to after a second.
# Exit code 0 when it is ended, 1 when a part of it belongs to somebody else. $1 is this text.

alive() {
    why=$(kill -s 0 -- "$1" 2>&1) && return 0
    case $why in *ermitted*) exit 1 ;; esac
    return 1
}

LC_ALL=C
export LC_ALL
alive "$2" || exit 0
kill -s TERM -- "$2"
turns=0
while [ "$turns" -lt 10 ] && alive "$2"; do
    turns=$((turns + 1))
    sleep 0.1 2>/dev/null || sleep 1
done
# Where nobody collects dead processes the group never goes away, but KILL leaves none of it running.
kill -s KILL -- "$2" 2>/dev/null
alive "$2"
exit 0
