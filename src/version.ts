import { readFileSync } from 'node:fs'
import { packaged } from './packaged.ts'

const { version } = JSON.parse(readFileSync(packaged('package.json'), 'utf8')) as { version: string } // our own file

export const VERSION = version
