import type { Mapping, Rules } from '../../src/mapping/rules.ts'

// Names, constants, paths and table keys that would be code, or reach a prototype, if they were ever taken for it.

/** What the code would do: tests look for it afterwards. */
const SPOIL = 'globalThis.pwned=1'
const dollar = '$'

export const HOSTILE: readonly string[] = [
  `');${SPOIL}//`,
  `");${SPOIL}//`,
  `]);${SPOIL};([`,
  `\`+(${SPOIL})+\``,
  `${dollar}{${SPOIL}}`,
  `*/${SPOIL}/*`,
  `\n${SPOIL}\n`,
  `\\');${SPOIL}//`,
  `\\u0027);${SPOIL}//`,
  `\u2028${SPOIL}\u2029`,
  `</script><script>${SPOIL}</script>`,
  `constructor.constructor('${SPOIL}')()`,
  `(()=>{${SPOIL}})()`,
  '__proto__',
  'constructor',
  'prototype',
  '__defineGetter__',
  'toString',
  'valueOf',
  'hasOwnProperty',
  'then',
  '\0',
  '\ud800',
]

const quoted = (name: string) => `['${name.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}']`
const literal = (text: string): Mapping => ({ $literal: text })
/** Own properties, `__proto__` too, as JSON.parse makes them; never a single one, which could be a form. */
const table = (entries: readonly (readonly [string, Mapping])[]): Mapping =>
  Object.fromEntries([['.', 'x'], ...entries])

/** Rules that use a text in every place there is for one. */
export function hostileRules(text: string): Rules {
  const path = `$${quoted(text)}`
  return {
    filter: {
      $not: {
        $any: [
          { $equals: [`$.other${quoted(text)}`, literal(text)] },
          { $in: [path, [literal(`${text}!`)]] },
        ],
      },
    },
    mapping: {
      CreateTime: { $first: ['$.time', '2026-04-26T10:00:00Z'] },
      Analyzer: { Name: literal(`${text} `) },
      Note: path,
      Description: { $text: [literal(text), '|', `$.deep${quoted(text)}${quoted(text)}`] },
      AltNames: [
        { $lookup: ['$.key', table([[text, literal(`found ${text}`)]]), literal(`other ${text}`)] },
        {
          $join: [
            literal(text),
            '$.a',
            path,
            `$.list[*]${quoted(text)}`,
            `$..${quoted(text)}`,
            `$.list[?(@${quoted(text)} == 'x')].a`,
          ],
        },
        {
          $if: [
            { $equals: [path, literal(text)] },
            literal(text),
            `$.deep[${JSON.stringify('a')},${quoted(text).slice(1, -1)}]`,
          ],
        },
      ],
      Source: [
        {
          Hostname: literal(`h${text}`),
          Note: `$.deep${quoted(text)}`,
          User: { $describe: [literal(text), path, table([[text, path]])] },
        },
      ],
      RelID: [{ $id: text }, { $uuid: [literal(text), path] }],
    },
    functions: { describe: (...args) => JSON.stringify(args) },
  }
}

/** Lines with the text as key and value, own `__proto__` included. */
export function hostileLines(text: string): string[] {
  const inner = table([
    [text, table([[text, 'deep']])],
    ['a', 'A'],
  ])
  const list = [
    table([
      [text, 'x'],
      ['a', 'first'],
    ]),
    'text',
    table([[text, 'y']]),
  ] as Mapping
  const events = [
    table([
      [text, text],
      ['key', text],
      ['a', 1],
      ['deep', inner],
      ['list', list],
      ['other', table([[text, 'z']])],
    ]),
    table([
      [text, { polluted: true }],
      ['key', 'k'],
      ['deep', table([[text, 'x']])],
    ]),
    table([['other', table([[text, text]])]]),
    table([
      ['key', `${text} `],
      ['a', text],
    ]),
    {},
  ]
  return events.map((event) => JSON.stringify(event))
}
