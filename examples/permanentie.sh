#!/usr/bin/env bash
# De ronde van de donderdagpermanentie: één scherm, en een reservekopie van het register.
#
#   permanentie.sh [MAP]     MAP voor de reservekopieën (standaard ~/ict-reservekopie)
#
# Draait in de werkruimte, of met ICT_WORKSPACE. BEWAAR (standaard 14) is het aantal kopieën dat blijft.
# Afsluitcode: 0 alles in orde, 4 er is iets te doen, 3 een onderdeel kon niet worden nagekeken.
set -euo pipefail

map=${1:-$HOME/ict-reservekopie}
bewaar=${BEWAAR:-14}
slot=0

# Uit JSON op stdin: het aantal rijen, of van elke rij de genoemde velden met een tab ertussen.
if command -v jq >/dev/null; then
    aantal() { jq '.data | length'; }
    velden() { jq -r '.data[] | [.[$ARGS.positional[]] | if type == "array" then join(" ") else . end] | @tsv' --args "$@"; }
    bevindingen() { jq -r '.findings[] | select(.verdict != "ok" and .accepted == null) | .summary'; }
else
    aantal() { python3 -c 'import json, sys; print(len(json.load(sys.stdin)["data"]))'; }
    velden() {
        python3 -c '
import json, sys
for row in json.load(sys.stdin)["data"]:
    values = [row[name] for name in sys.argv[1:]]
    print(*(" ".join(each) if isinstance(each, list) else each for each in values), sep="\t")' "$@"
    }
    bevindingen() {
        python3 -c '
import json, sys
for each in json.load(sys.stdin)["findings"]:
    if each["verdict"] != "ok" and each["accepted"] is None:
        print(each["summary"])'
    }
fi

# Voert `ict` uit; zet de afsluitcode in $code en het antwoord in $antwoord.
vraag() {
    code=0
    antwoord=$(ict "$@" -o json --no-input 2>/dev/null) || code=$?
}

# Eén regel: het oordeel, het onderwerp en wat erover te zeggen is.
meld() {
    printf '%-8s %-22s %s\n' "$1" "$2" "$3"
    case $1 in
        'te doen') slot=4 ;;
        onbekend) [[ $slot -eq 4 ]] || slot=3 ;;
    esac
}

# Een controle met een oordeel: 0 in orde, 4 bevindingen, al de rest is niet nagekeken.
controle() {
    local onderwerp=$1 goed=$2
    shift 2
    vraag "$@"
    case $code in
        0) meld 'in orde' "$onderwerp" "$goed" ;;
        4) meld 'te doen' "$onderwerp" "$(bevindingen <<<"$antwoord" | wc -l) te bekijken met: ict $*" ;;
        *) meld onbekend "$onderwerp" "niet nagekeken (code $code): ict $*" ;;
    esac
}

# Een lijst die leeg hoort te zijn; daarna de velden van de eerste rijen.
lijst() {
    local onderwerp=$1 namen=$2 rijen
    shift 2
    vraag "$@"
    if [[ $code -ne 0 ]]; then
        meld onbekend "$onderwerp" "niet nagekeken (code $code): ict $*"
        return
    fi
    rijen=$(aantal <<<"$antwoord")
    if [[ $rijen -eq 0 ]]; then
        meld 'in orde' "$onderwerp" geen
        return
    fi
    meld 'te doen' "$onderwerp" "$rijen te bekijken met: ict $*"
    # shellcheck disable=SC2086  # de namen van de velden zijn woorden
    velden $namen <<<"$antwoord" | sed -n '1,5s/^/\t/p' | expand -t 9,32,44
    [[ $rijen -le 5 ]] || printf '         en nog %d\n' $((rijen - 5))
}

# Een reservekopie per dag; de oudste verdwijnen pas als de nieuwe er is.
reservekopie() {
    local bestand kopieen
    mkdir -p "$map"
    bestand=$map/ict-$(date +%F).db
    if [[ -s $bestand ]]; then
        meld 'in orde' reservekopie "$bestand bestond al"
        return
    fi
    vraag store backup "$bestand"
    case $code in
        0) meld 'in orde' reservekopie "$bestand" ;;
        *) meld onbekend reservekopie "niet gemaakt (code $code): ict store backup $bestand"; return ;;
    esac
    kopieen=("$map"/ict-????-??-??.db)
    if [[ ${#kopieen[@]} -gt $bewaar ]]; then
        rm -- "${kopieen[@]:0:${#kopieen[@]}-bewaar}"
    fi
}

printf 'Permanentie van %s\n\n' "$(date '+%d/%m/%Y om %H:%M')"
controle 'register' 'niets te laat, niets ongetekend' assets check
lijst 'uit dienst, nog iets' 'name left_on tags' assets leavers
lijst 'uitgeleend, te laat' 'tag holder' assets list --overdue
controle 'back-ups' 'alles bewezen' backup status
controle 'updates' 'alles binnen de termijn' patch status
controle 'logboek' 'ongewijzigd sinds de eerste regel' journal verify
controle 'opslag' 'bestand, verwijzingen en documenten kloppen' store check
reservekopie
echo
case $slot in
    0) echo 'Alles in orde.' ;;
    4) echo 'Er is iets te doen: de regels hierboven noemen de opdracht.' ;;
    *) echo 'Niet alles kon worden nagekeken.' ;;
esac
exit $slot
