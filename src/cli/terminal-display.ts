/** The progress line as `cli-progress` draws it: a bar, redrawn in place ten times a second. */

import cliProgress from 'cli-progress'

import type { CurrentLine, ProgressDisplay } from './progress-bar.ts'

/** @param stream A terminal; nothing is drawn on anything else. */
export function terminalDisplay(stream: NodeJS.WritableStream, line: CurrentLine): ProgressDisplay {
  const bar = new cliProgress.SingleBar({
    stream,
    barsize: 20,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    clearOnComplete: true,
    // The shell's Ctrl-C handling is not the bar's business, and a cursor that is never hidden
    // cannot stay hidden after a kill.
    gracefulExit: false,
    hideCursor: null,
    linewrap: null,
    format: (options) => line((share) => cliProgress.Format.BarFormat(share, options)),
  })
  return { show: () => bar.start(1, 0), hide: () => bar.stop() }
}
