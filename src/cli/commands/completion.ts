/** `mlstore completion`: prints the script for a shell. */

import { type Command, defineCommand, one } from '../command.ts'
import { completionScripts, isShellName } from '../completion/scripts.ts'
import { notAChoice } from '../parse-arguments.ts'

export const command: Command = defineCommand({
  summary: 'Print a script that completes mlstore in a shell',
  details:
    'It completes commands, options, artifacts, aliases and labels. bash and zsh evaluate it at start; fish reads it from ~/.config/fish/completions/mlstore.fish.',
  positionals: { shell: one('bash, zsh or fish', Object.keys(completionScripts)) },
  examples: [['completion bash >> ~/.bashrc', 'In every new bash']],
  async run({ shell }, { output }) {
    if (!isShellName(shell)) throw notAChoice('SHELL', shell, Object.keys(completionScripts))
    await output.text(completionScripts[shell])
  },
})
