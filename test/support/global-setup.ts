import type { TestProject } from 'vitest/node'
import { startThrowawayPostgres } from '../../src/lab/postgres-throwaway.ts'
import { createTemplate, dropTemplate, type TestServer } from './template.ts'

declare module 'vitest' {
  interface ProvidedContext {
    testServer: TestServer
  }
}

/** A server and its template for one project; TEST_DATABASE_URL names a server to use instead. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env.TEST_DATABASE_URL
  const server = given ? { url: given, stop: async () => {} } : await startThrowawayPostgres()
  try {
    const testServer = await createTemplate(server.url)
    project.provide('testServer', testServer)
    return async () => {
      if (given) await dropTemplate(testServer)
      await server.stop()
    }
  } catch (error) {
    await server.stop()
    throw error
  }
}
