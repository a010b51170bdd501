/** A folder of its own for a test, gone when the test has ended. */

import { chmodSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

/**
 * Makes an empty folder and removes it, read-only folders inside included, after the test.
 *
 * The path has no links in it, as on systems where the temporary folder itself is one.
 */
export function temporaryFolder(context: Pick<TestContext, 'after'>): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'mlstore-test-')))
  context.after(() => {
    makeWritable(folder)
    rmSync(folder, { recursive: true, force: true })
  })
  return folder
}

function makeWritable(folder: string): void {
  chmodSync(folder, 0o755)
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) makeWritable(join(folder, entry.name))
  }
}
