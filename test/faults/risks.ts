import type { Row } from './rows.ts'

/**
 * What an attacker may try against what there is today, by the numbers that tests begin their names with (`S4: …`), what
 * holds it, and what is not there yet. A page is made from it: `pnpm run docs`.
 */
export const RISKS: Readonly<Record<number, Row>> = {
  1: {
    fault: 'XML that opens files or connections: external entities, external DTDs',
    outcome:
      'a DOCTYPE with declarations is refused, and an entity that nobody declared; one that names a DTD is passed over: nothing outside of the document is ever opened, nor is any of it given to the parser that validates ([fuzzing](#beyond-the-matrix): `idmefv1`)',
  },
  2: {
    fault: 'XML that grows: entities in entities, one entity a thousand times, depth, elements, attributes',
    outcome:
      'there is nothing to expand; 64 elements deep, 100,000 of them, 32 attributes on each, and no more bytes than `max_body` (1 MiB)',
  },
  4: {
    fault: 'bodies that are endless, enormous, compressed into bombs, or of another length than they say',
    outcome:
      'test server: 10 MiB (`--max-body`) counted while it comes, before and after gzip, 100 : 1 at most beyond 1 MiB, one encoding; all bodies together 64 MiB, the largest unfinished one leaves first ([F52](#f52) for memory). HTTP push: the same (`max_body`), also for deflate, zstd (in 8 MiB of memory) and br; nothing behind the end of a coding is passed over. The gateway: the same, 1 MiB. Metrics: no body is read',
  },
  5: {
    fault: 'slow, silent and countless clients',
    outcome:
      'headers 10 s, body 30 s, looked at every 2 s, also over TLS and HTTP/2 ([F52](#f52)); 64 headers, 16 KiB of them; test server and HTTP push: 1024 connections, 256 streams on each; metrics: 100 connections, 1000 requests on each',
    reason:
      'test server and HTTP push set no limit of requests on a connection: beyond it Node answers 503 to what was pipelined',
  },
  6: {
    fault: 'listening where others can reach it',
    outcome: 'loopback unless told otherwise; else a warning at each start, and no start with `--strict`',
  },
  7: {
    fault: 'whoever can connect',
    outcome:
      'test server and HTTP push: client certificates (`--tls-ca`, `tls_ca`), or a password, for HTTP push also a token, compared by digest in constant time; one guess a second from an address, and no answer tells more than yes or no. HTTP push takes nothing from web pages, whoever looks at them',
    reason: 'metrics have no password: their guard is the loopback address ([S6](#s6))',
  },
  8: {
    fault: 'somebody between us and the receiver',
    outcome:
      'chain, name and time are checked, TLS 1.3 unless 1.2 is allowed; `ca`, `pin_sha256`; `verify = no` is warned of at each start, reload and `check`; no environment variable switches a check off',
  },
  9: {
    fault: 'passwords in logs, errors, metrics, files, the list of processes',
    outcome:
      'wrapped as they are read, and shown as `***`; taken out of addresses; no query of the address in the log, and with `check` only the names in it; a file with a password that everyone can read is warned of. No option takes a secret on the command line. Alerts are not logged at any level',
  },
  10: {
    fault: 'names in events that reach a prototype: `__proto__`, `constructor`',
    outcome:
      'own properties only; messages are written from names known beforehand; the same without `__proto__`',
  },
  11: {
    fault: 'text of a mapping or an event that becomes code',
    outcome:
      'code is printed from a checked form, with text as JSON strings only; every hostile text gives what the interpreter gives; where code may not be made, the interpreter works ([fuzzing](#beyond-the-matrix): `mapping`, `path`)',
  },
  12: {
    fault: 'whoever can change a configuration or mapping',
    outcome:
      'refused when everyone or a group of others can write it, also with `convert --mapping`; a foreign owner is warned of',
  },
  13: {
    fault: 'script in paths, and descents that multiply',
    outcome:
      'paths are read by a parser of our own; jsonpath-plus gets `..`, `[*]` and slices only, with `eval` off; `..` once in a path',
  },
  17: {
    fault: 'somebody makes the program ask, or send to, other servers than those configured',
    outcome:
      'only addresses of the configuration are asked and sent to; redirects are not followed, by delivery and where a tool is asked; addresses in alerts are text; what of a question comes from an answer stays below the path of `url`',
  },
  18: {
    fault: 'requests smuggled past a proxy, headers made of line ends',
    outcome:
      'what two parsers could understand differently is 400, also with `--insecure-http-parser`; what becomes a header of ours has no control characters',
  },
  19: {
    fault: 'text that forges log lines or drives a terminal',
    outcome:
      'control characters, separators and direction marks are shown as `\\u…` in pretty logs and whatever verbs print; other logs are JSON. `dlq show --raw` gives bytes as they are',
  },
  20: {
    fault: 'pages that run what is in a message, or are read by other sites',
    outcome:
      'text only, no script, nothing fetched (Content-Security-Policy); `Host` must be a name of this machine, for the page and for metrics on a loopback address',
  },
  23: {
    fault: 'other users of the machine',
    outcome:
      'state directory 0700, files 0600, whatever the umask; one that others can write to is warned of; how long alerts are kept is [said](../../src/state/README.md)',
    reason: 'dead letters have no age limit of their own: they would be lost. `dlq purge --before` is it',
  },
}
