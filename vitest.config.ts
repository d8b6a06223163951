import os from 'node:os'
import { defineConfig } from 'vitest/config'

/** Real servers and processes: generous for a loaded two-core machine, never a reason to pass. */
const slow = { testTimeout: 60_000, hookTimeout: 60_000 }

// Tests wait for servers more than they compute: four files at a time even on two cores.
const maxWorkers = Math.max(4, os.availableParallelism() - 1)

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], maxWorkers, testTimeout: 30_000 } },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: 'test/support/global-setup.ts',
          maxWorkers,
          ...slow,
        },
      },
      {
        test: {
          name: 'crash',
          include: ['test/e2e/crash/**/*.test.ts'],
          globalSetup: 'test/support/global-setup.ts',
          // What a killed process held is waited for, most of the time: three at a time left two cores half idle.
          maxWorkers: 4,
          sequence: { groupOrder: 1 },
          ...slow,
          testTimeout: 180_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/*.test.ts'],
          globalSetup: 'test/support/global-setup.ts',
          // After all others and one by one: a fleet of processes wants the machine to itself.
          fileParallelism: false,
          sequence: { groupOrder: 2 },
          ...slow,
          testTimeout: 180_000,
        },
      },
    ],
  },
})
