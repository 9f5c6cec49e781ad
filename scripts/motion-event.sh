#!/bin/sh
# motion-event.sh FILE EVENT [KEY=VALUE]...
#
# Appends what Motion tells in one of its on_... commands to FILE, as one line of JSON:
#
#   on_event_start /usr/local/bin/motion-event.sh /var/log/motion/events.json event_start 'camera_id=%t' ...
#
# All values are taken as texts: nothing of them is run, and whatever they hold is escaped. What is not UTF-8 becomes U+FFFD.
# Exit status: 0 written, 1 not written (told on standard error), 2 wrong usage.
set -u
export LC_ALL=C
umask 027

# One write(2) a line, so that commands that run side by side cannot mix theirs; dd gathers up to this many bytes.
MAX_LINE=65536

refuse() {
  printf '%s\n' "motion-event.sh: $1" >&2
  exit "$2"
}

# Lines "key hexadecimal-bytes" on standard input become one JSON object of texts, all in ASCII (RFC 8259 section 7).
# >>> the same in zoneminder-event.sh
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

[ "$#" -ge 2 ] || refuse 'usage: motion-event.sh FILE EVENT [KEY=VALUE]...' 2
file=$1
event=$2
shift 2

line=$(
  {
    member event_name "$event"
    member host "$(uname -n)"
    for pair in "$@"; do
      key=${pair%%=*}
      case $key in
        '' | *[!a-z_]* | "$pair" | event_name | host)
          # A quote in a value that Motion put into the command cuts it apart.
          printf '%s\n' "motion-event.sh: left out, not KEY=VALUE: $pair" >&2
          ;;
        *) member "$key" "${pair#*=}" ;;
      esac
    done
  } | to_json
) || refuse 'awk failed' 1
append "$file" "$line"
