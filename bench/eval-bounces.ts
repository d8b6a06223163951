import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** Runs the scorers that a labelled corpus of bounces brings with it: `npm run eval:bounces -- DIR [--crlf] [--misses FILE]`. */
const [folder, ...options] = process.argv.slice(2)
if (!folder || !existsSync(join(folder, 'score.mjs'))) {
  console.error('npm run eval:bounces -- DIR [--crlf] [--misses FILE]: DIR has to hold score.mjs and dev/.')
  process.exit(2)
}

const rookery = `${process.execPath} ${join(import.meta.dirname, '../src/cli/main.ts')}`
const scores = [
  [join(folder, 'score.mjs'), '--split', 'dev', '--cmd', `${rookery} bounces parse {dir}`, ...options],
  [join(folder, 'score-lines.mjs'), '--split', 'dev', '--cmd', `${rookery} bounces classify`],
]
for (const args of scores) {
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
