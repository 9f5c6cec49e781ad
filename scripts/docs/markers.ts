// Generated parts of a page stand between two comments, which stay when the part is made again:
//
//     <!-- options:state -->
//     | option | default | what it does |
//     …
//     <!-- /options -->
//
// A name that nobody generates (a part that a test compares, say) is left as it is.

const MARKED = /^<!-- ([a-z-]+)(?::(\S+))? -->\n([\s\S]*?)^<!-- \/\1 -->$/gm

/** What stands between the markers of that name, with the word behind the colon; undefined where it is not generated. */
export type Generate = (name: string, argument: string | undefined) => string | undefined

/** The page with every generated part made again. */
export function fill(page: string, generate: Generate): string {
  return page.replace(MARKED, (whole, name: string, argument: string | undefined, body: string) => {
    const made = generate(name, argument)
    if (made === undefined) return whole
    const head = whole.slice(0, whole.length - `${body}<!-- /${name} -->`.length)
    return `${head}${made.trimEnd()}\n<!-- /${name} -->`
  })
}
