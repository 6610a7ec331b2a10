# Asks a Linux machine which updates it lacks. Only reads: no list is refreshed, nothing is installed.
# POSIX sh; every tool may be absent. $B is a marker of this run: "<marker> begin NAME", "<marker> said LINE"
# (standard error) and "<marker> end STATUS" frame each answer. $S is how many seconds one tool may take.
export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"
exec 3>&1
have() { command -v "$1" >/dev/null 2>&1; }
bounded() { if have timeout; then timeout "$S" "$@"; else "$@"; fi; }
tell() {
    echo "$B begin $1"
    shift
    said=$("$@" 2>&1 >&3 </dev/null)
    code=$?
    echo
    [ -z "$said" ] || printf '%s\n' "$said" | head -n 100 | sed "s/^/$B said /"
    echo "$B end $code"
}
printed() { printf '%s\n' "$answer"; return "$result"; }

release() { cat /etc/os-release 2>/dev/null || cat /usr/lib/os-release; }
manager() {
    # What the distribution says comes first: a Debian may have rpm, an openSUSE may have dnf.
    case " $(release 2>/dev/null | sed -n 's/^ID\(_LIKE\)\{0,1\}=//p' | tr -d "\"'" | tr '\n' ' ') " in
        *" debian "* | *" ubuntu "*) have apt-get && echo apt && return ;;
        *suse* | *" sles "*) have zypper && echo zypper && return ;;
        *" rhel "* | *" fedora "* | *" centos "*) has_dnf && echo dnf && return ;;
    esac
    if have apt-get && [ -s /var/lib/dpkg/status ]; then echo apt
    elif have zypper; then echo zypper
    elif has_dnf; then echo dnf
    else for each in yum apk pacman rpm-ostree; do have $each && echo $each && return; done; fi
}
has_dnf() { have dnf || have dnf5; }
kernels() { ls -d /boot/vmlinuz-* /lib/modules/*/vmlinuz 2>/dev/null; }
required() {
    for each in /run/reboot-required /var/run/reboot-required; do
        if [ -e $each ]; then
            echo flag
            sed 's/^/package /' $each.pkgs 2>/dev/null
            return 0
        fi
    done
    for each in /usr/share/update-notifier/notify-reboot-required /etc/kernel/postinst.d/unattended-upgrades; do
        [ -e $each ] && echo "hook $each"
    done
    return 0
}

upgrade() {
    bounded apt-get -s -q -o Debug::NoLocking=1 -o APT::Get::Show-User-Simulation-Note=false dist-upgrade
}
changed() {
    printf '%s\n' "$held"
    printf '%s\n' "$policy" | awk '/^Pinned packages:/{pinned = 1; next} pinned {print $1}'
    printf '%s\n' "$answer" | awk '/^Inst /{print $2; next} /^[^ ]/{list = /kept back|phasing/}
        /^ / && list {for (i = 1; i <= NF; i++) print $i}'
}
versions() { changed | sort -u | xargs -r apt-cache policy; }
lists() {
    stat -c 'checked	%Y	%n' /var/lib/apt/lists /var/lib/apt/periodic/update-success-stamp 2>/dev/null
    cd /var/lib/apt/lists || return
    for each in *Release; do
        until=$(sed -n '/^Valid-Until:/{s/^Valid-Until: *//p;q;}' "$each")
        stat -c "list	%Y	%n	$until" "$each"
    done
}
patched() {
    day=$(zcat -f /var/log/apt/history.log* | awk '/^Start-Date:/{day = $2 " " $3}
        /^Upgrade:/ && day > last {last = day} END{print last}')
    [ -n "$day" ] && date -d "$day" +%s
}
ask_apt() {
    # The first to open the lists is the only one that complains of a broken one: then apt goes on without it.
    tell policy apt-cache policy
    policy=$(apt-cache policy 2>/dev/null)
    held=$(apt-mark showhold 2>/dev/null)
    answer=$(upgrade 2>/dev/null </dev/null)
    result=$?
    # What it complains of is asked for only where it failed: it would stand in the middle of the lines.
    if [ $result = 0 ]; then tell upgrade printed; else tell upgrade upgrade; fi
    tell held echo "$held"
    tell versions versions
    tell lists lists
    tell sources apt-get --print-uris update
    tell targets apt-get indextargets \
        --format "\$(LABEL)	\$(ORIGIN)	\$(SUITE)	\$(CODENAME)" 'Created-By: Packages'
    tell patched patched
    tell kernel-package dpkg-query -W -f "\${Version}" "linux-image-$(uname -r)"
    if have pro; then tell pro bounded pro security-status --format json; fi
}

packages() { rpm -qa --qf '%{INSTALLTIME}\t%{NAME}\t%{EPOCHNUM}:%{VERSION}-%{RELEASE}\t%{ARCH}\n'; }
caches() {
    for each in /var/cache/dnf /var/cache/libdnf5 "$HOME/.cache/libdnf5" /var/cache/zypp/raw; do
        [ -d "$each" ] && find "$each" -path '*/repodata/*' -type f -exec stat -c '%Y	%n' {} +
    done
    return 0
}
# A repository without a cache is left out in silence where it may be unavailable: it must be an error.
cached_dnf() { bounded "$D" -q -C --setopt='*.skip_if_unavailable=False' "$@"; }
# dnf 4 ends a row by itself, dnf 5 does not, and it knows no other escape than this one.
newer() {
    cached_dnf --setopt='disable_excludes=all,*' repoquery --upgrades --latest-limit=1 \
        --qf '%{name} %{epoch} %{version} %{release} %{arch} %{repoid}\n'
}
ask_dnf() {
    if have dnf; then D=dnf; else D=dnf5; fi
    tell available cached_dnf check-update
    tell newer newer
    tell advisories cached_dnf updateinfo list
    tell details cached_dnf updateinfo info
    tell repositories cached_dnf repolist
    tell caches caches
    tell packages packages
    tell restarting cached_dnf needs-restarting -r
}

quiet_zypper() { bounded zypper --non-interactive --no-refresh "$@"; }
needed() {
    printf '%s\n' "$answer" | tr '>' '\n' |
        sed -n 's/^<update kind="patch" name="\([^"]*\)".* status="needed".*/\1/p' | sort -u
}
details() { needed | xargs -r zypper --non-interactive --no-refresh info -t patch; }
ask_zypper() {
    answer=$(quiet_zypper --xmlout list-patches 2>/dev/null </dev/null)
    result=$?
    tell patches printed
    tell details details
    tell updates quiet_zypper --xmlout list-updates
    tell newer quiet_zypper --xmlout list-updates --all
    tell locks quiet_zypper --xmlout locks
    tell repositories quiet_zypper --xmlout repos
    tell caches caches
    tell packages packages
    tell rebooting quiet_zypper needs-rebooting
}

tell clock date -u +%s
tell uname uname -srm
tell build uname -v
tell release release
tell kernels kernels
tell required required
if have needrestart; then tell needrestart bounded needrestart -b -r l; fi
tell manager manager
case $(manager) in
    apt) ask_apt ;;
    dnf) ask_dnf ;;
    zypper) ask_zypper ;;
esac
tell whole true
