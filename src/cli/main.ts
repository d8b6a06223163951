#!/usr/bin/env node
import { enableCompileCache } from 'node:module'

// Compiling our modules is half of the time that a short command takes; so it is done once.
enableCompileCache()

// `rookery … | head`: the reader has seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
})

const { runCommandLine } = await import('./program.ts')
process.exitCode = await runCommandLine(process.argv.slice(2))
