import type { z } from 'zod'
import { type Facts, factsOf } from './facts.ts'

/**
 * A commented sample of one section: `##` describes an option, `# key = default` shows it as it is without being
 * set, and what must be set stands uncommented, with its example if the schema has one.
 */
export function sampleOf(section: string, schema: z.ZodObject): string {
  const options = Object.entries(schema.shape).map(([key, option]) => {
    const facts = factsOf(option)
    const about = told(facts)
      .split('\n')
      .map((line) => `## ${line}\n`)
      .join('')
    const value = (facts.isRequired ? facts.example : facts.fallback) ?? ''
    return `${about}${facts.isRequired ? '' : '# '}${`${key} = ${value}`.trimEnd()}\n`
  })
  return `[${section}]\n${options.join('\n')}`
}

/** A Markdown table of the options: name, default, description. */
export function tableOf(schema: z.ZodObject): string {
  const rows = Object.entries(schema.shape).map(([key, option]) => {
    const facts = factsOf(option)
    const fallback = facts.isRequired ? 'required' : facts.fallback ? `\`${facts.fallback}\`` : '–'
    return `| \`${key}\` | ${cell(fallback)} | ${cell(told(facts))} |`
  })
  return ['| option | default | what it does |', '|---|---|---|', ...rows].join('\n').concat('\n')
}

/** The description, and the words it takes unless the description says them itself. */
function told({ description, words }: Facts): string {
  const isComplete = words.every((word) => description.includes(word))
  return isComplete ? description : `${description} (${words.join(', ')})`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}
