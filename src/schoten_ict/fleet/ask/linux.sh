# Asks a Linux machine who it is and what is on it. Only reads. POSIX sh; every tool may be absent.
# $B is a marker of this run: "<marker> begin NAME" and "<marker> end STATUS" frame each answer.
export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"
have() { command -v "$1" >/dev/null 2>&1; }
status() {
    echo "$B begin $1"
    shift
    "$@" 2>/dev/null
    code=$?
    echo
    echo "$B end $code"
}
dmi() {
    for key in sys_vendor product_name product_version product_serial chassis_serial bios_version; do
        printf '%s=' "$key"
        cat "/sys/class/dmi/id/$key" 2>/dev/null || echo
    done
    printf 'devicetree='
    tr -d '\000' </proc/device-tree/model 2>/dev/null
    echo
}
cpu() { grep -E '^(model name|physical id|core id|processor|Model|Hardware)[[:space:]]*:' /proc/cpuinfo; }
release() { cat /etc/os-release 2>/dev/null || cat /usr/lib/os-release; }
debian() { dpkg-query -W -f '${db:Status-Abbrev}\t${Package}\t${Version}\t${Architecture}\t${Maintainer}\n'; }
redhat() { rpm -qa --qf '%{NAME}\t%{EPOCHNUM}:%{VERSION}-%{RELEASE}\t%{ARCH}\t%{VENDOR}\n'; }
alpine() { apk list --installed; }
units() { systemctl list-units --type=service --all --plain --no-legend --no-pager; }
unitfiles() { systemctl list-unit-files --type=service --plain --no-legend --no-pager; }

status clock date -u +%s.%N
status uname uname -snrm
status release release
status dmi dmi
status virt systemd-detect-virt
status cpu cpu
status memory cat /proc/meminfo
status uptime cat /proc/uptime
status df df -PT -B1 -x tmpfs -x devtmpfs -x overlay -x squashfs -x efivarfs
status links ip -o link show
status addresses ip -o addr show
have dpkg-query && status dpkg debian
have rpm && status rpm redhat
have apk && status apk alpine
have systemctl && status units units
have systemctl && status unitfiles unitfiles
status listeners ss -Htulnp
status clock-again date -u +%s.%N
