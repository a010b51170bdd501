/** The progress line as `cli-progress` draws it: a bar, redrawn in place ten times a second. */

import cliProgress from 'cli-progress'

import type { CurrentLine, ProgressDisplay } from './progress-bar.ts'

/** @param stream A terminal; nothing is drawn on anything else. */
export function terminalDisplay(stream: NodeJS.WritableStream, line: CurrentLine): ProgressDisplay {
  const bar = new cliProgress.SingleBar({
    stream,
    barsize: 10,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    clearOnComplete: true,
    // Ctrl-C is not the bar's business; and no mode of the terminal is changed (cursor, line
    // wrapping), because a process that is killed could not change it back.
    gracefulExit: false,
    linewrap: true,
    format: (options) => line((share) => cliProgress.Format.BarFormat(share, options)),
  })
  return { show: () => bar.start(1, 0), hide: () => bar.stop() }
}
