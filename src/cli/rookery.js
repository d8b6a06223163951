#!/usr/bin/env node
// Plain JavaScript: a Node that is too old for the rest can still say so.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `Rookery needs Node 22.18 or newer; this is ${process.version}. Inside a clone, npm run and npx use the one it brings.`,
  )
  process.exit(1)
}
await import('./main.ts')
