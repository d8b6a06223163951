import { runProcess } from '../src/app/process.ts'

runProcess('analytics')
