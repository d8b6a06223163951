#!/usr/bin/env node
import { enableCompileCache } from 'node:module'

// Compiling our modules is half of the time that a short command takes; so it is done once.
enableCompileCache()
const { runCommandLine } = await import('./program.ts')
process.exitCode = await runCommandLine(process.argv.slice(2))
