/** Outputs of GitHub Actions as text: a block of the file, and the old command. */

/**
 * A block of the file that `GITHUB_OUTPUT` names. The value stands between lines that nobody can
 * guess, so that a line of it cannot end it.
 *
 * @param id A random one.
 */
export function outputLines(name: string, value: string, id: string): string {
  const end = `mlstore_${id}`
  return `${name}<<${end}\n${value}\n${end}\n`
}

/** The command for logs. What would end it, or the line, is written as GitHub reads it back. */
export function outputCommand(name: string, value: string): string {
  return `::set-output name=${name}::${escaped(value)}`
}

function escaped(value: string): string {
  return value.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}
