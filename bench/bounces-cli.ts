import { bouncesCommand } from '../src/cli/commands/bounces.ts'

/** The `bounces` commands without the rest of the program, for scoring runs. */
await bouncesCommand().parseAsync(process.argv.slice(2), { from: 'user' })
