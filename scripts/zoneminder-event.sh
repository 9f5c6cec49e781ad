#!/bin/sh
# zoneminder-event.sh FILE EVENT-ID [EVENT-DIRECTORY]
#
# Appends one event of ZoneMinder to FILE, as one line of JSON. Command of a filter:
#
#   /usr/local/bin/zoneminder-event.sh /var/log/zm/events.json %EI%
#
# ZoneMinder adds the directory. It puts what %MN%, %ED% and %EC% stand for into the text of a command that a shell then runs, and
# a note may come from a camera; so none of them is asked for here. Name, cause and notes are read from the database, as hexadecimal
# digits; nothing of them is run, and whatever they hold is escaped. What is not UTF-8 becomes U+FFFD.
#
# The database is that of /etc/zm/zm.conf and /etc/zm/conf.d, or of the file that ZM_CONF names.
# Exit status: 0 written, 1 not written (told on standard error; ZoneMinder runs the command again), 2 wrong usage.
set -u
export LC_ALL=C
umask 027

# One write(2) a line, so that commands that run side by side cannot mix theirs; dd gathers up to this many bytes.
MAX_LINE=65536
# Of the notes. Each may need six in JSON.
MAX_CHARACTERS=8192

refuse() {
  printf '%s\n' "zoneminder-event.sh: $1" >&2
  exit "$2"
}

# Lines "key hexadecimal-bytes" on standard input become one JSON object of texts, all in ASCII (RFC 8259 section 7).
# >>> the same in motion-event.sh
to_json() {
  awk '
    function byte(hex, at) {
      at = 2 * at - 1
      return 16 * (index(DIGITS, substr(hex, at, 1)) - 1) + index(DIGITS, substr(hex, at + 1, 1)) - 1
    }
    function unit(code) { return sprintf("\\u%04x", code) }
    function character(code) {
      if (code == 34 || code == 92) return "\\" sprintf("%c", code)
      if (code >= 32 && code < 127) return sprintf("%c", code)
      if (code < 65536) return unit(code)
      return unit(55296 + int((code - 65536) / 1024)) unit(56320 + (code - 65536) % 1024)
    }
    # The bytes that follow a leading one in well-formed UTF-8 (RFC 3629 section 4); 0 where it is none.
    function follow(hex, at, size, lead, more, low, high, i, next_byte) {
      more = lead >= 194 && lead <= 223 ? 1 : lead >= 224 && lead <= 239 ? 2 : lead >= 240 && lead <= 244 ? 3 : 0
      low = lead == 224 ? 160 : lead == 240 ? 144 : 128
      high = lead == 237 ? 159 : lead == 244 ? 143 : 191
      if (at + more > size) return 0
      for (i = 1; i <= more; i++) {
        next_byte = byte(hex, at + i)
        if (next_byte < low || next_byte > high) return 0
        low = 128
        high = 191
      }
      return more
    }
    function text(hex, size, at, lead, more, code, i, out) {
      size = length(hex) / 2
      for (at = 1; at <= size; at++) {
        lead = byte(hex, at)
        more = follow(hex, at, size, lead)
        code = more == 0 ? (lead < 128 ? lead : 65533) : more == 1 ? lead % 32 : more == 2 ? lead % 16 : lead % 8
        for (i = 1; i <= more; i++) code = code * 64 + byte(hex, at + i) % 64
        at += more
        out = out character(code)
      }
      return "\"" out "\""
    }
    BEGIN { DIGITS = "0123456789abcdef" }
    { object = object (NR > 1 ? "," : "") "\"" $1 "\":" text(tolower($2)) }
    END { print "{" object "}" }
  '
}

append() {
  [ "${#2}" -lt "$MAX_LINE" ] || refuse 'the line would be too long' 1
  { printf '%s\n' "$2" | dd obs="$MAX_LINE" 2>/dev/null; } >>"$1" || refuse "cannot write to $1" 1
}
# <<<

member() {
  printf '%s ' "$1"
  printf '%s' "$2" | od -An -v -tx1 | tr -d ' \n'
  printf '\n'
}

# The last value of a setting: what stands in conf.d goes before zm.conf. Quotes around it do not count, as for ZoneMinder.
setting() {
  cat "${ZM_CONF:-/etc/zm/zm.conf}" /etc/zm/conf.d/*.conf 2>/dev/null |
    sed -n "s/^[[:space:]]*ZM_DB_$1[[:space:]]*=[[:space:]'\"]*//p" | sed "s/['\"[:space:]]*\$//" | tail -n 1
}

# A value of an option file of MySQL, in which a backslash begins an escape.
quoted() {
  printf '"%s"\n' "$(printf '%s' "$1" | sed 's/[\\"]/\\&/g')"
}

# What the client needs to connect; on its standard input, so that no other process sees it.
login() {
  printf '[client]\nuser=%spassword=%s' "$(quoted "$(setting USER)")
" "$(quoted "$(setting PASS)")
"
  host=$(setting HOST)
  case $host in
    *:/*) printf 'socket=%s\n' "$(quoted "${host#*:}")" ;;
    *:*) printf 'host=%s\nport=%s\nprotocol=tcp\n' "$(quoted "${host%:*}")" "${host##*:}" ;;
    *) printf 'host=%s\n' "$(quoted "${host:-localhost}")" ;;
  esac
}

# A row of the event: each value in UTF-8, as hexadecimal digits; NULL where there is none. $2: how the columns of times end, which
# is DateTime since ZoneMinder 1.35.
row() {
  hex='HEX(CONVERT(CONCAT('
  end=') USING utf8mb4))'
  query="SELECT ${hex}E.Id$end, ${hex}E.MonitorId$end, ${hex}M.Name$end, ${hex}E.Name$end, ${hex}E.Cause$end,
    ${hex}LEFT(E.Notes, $MAX_CHARACTERS)$end, ${hex}E.Start$2$end,
    ${hex}UNIX_TIMESTAMP(E.Start$2)$end, ${hex}UNIX_TIMESTAMP(E.End$2)$end,
    ${hex}E.Length$end, ${hex}E.Frames$end, ${hex}E.AlarmFrames$end,
    ${hex}E.TotScore$end, ${hex}E.AvgScore$end, ${hex}E.MaxScore$end
    FROM Events E LEFT JOIN Monitors M ON M.Id = E.MonitorId WHERE E.Id = $1"
  login | mysql --defaults-extra-file=/dev/stdin --batch --skip-column-names --execute="$query" "$(setting NAME)"
}

[ "$#" -ge 2 ] || refuse 'usage: zoneminder-event.sh FILE EVENT-ID [EVENT-DIRECTORY]' 2
file=$1
event=$2
shift 2
case $event in
  '' | *[!0-9]*) refuse 'the event is not a number' 2 ;;
esac

# The order of the columns in the query.
KEYS='EI MI MN EN EC ED ET start end EL EF EFA EST ESA ESM'

found=$(row "$event" DateTime 2>/dev/null) || found=$(row "$event" Time) || refuse 'the database did not answer' 1
[ -n "$found" ] || refuse "there is no event $event" 1

line=$(
  {
    member host "$(uname -n)"
    member EDP "$*"
    printf '%s\n' "$found" | awk -v keys="$KEYS" '
      NR == 1 {
        split(keys, key, " ")
        for (i = 1; i <= NF; i++) if ($i != "NULL") print key[i], $i
      }
    ' FS='\t'
  } | to_json
) || refuse 'awk failed' 1
append "$file" "$line"
