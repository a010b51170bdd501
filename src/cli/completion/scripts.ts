/**
 * Shell completion scripts: each asks `mlstore --get-yargs-completions WORD...` for candidates.
 *
 * The last word is the one being typed. Answers come one a line, as `candidate<TAB>about it`.
 * No candidate means: complete file names, as the shell would.
 */

const bash = `# mlstore completion for bash: eval "$(mlstore completion bash)" in ~/.bashrc
_mlstore() {
  local line="\${COMP_LINE:0:COMP_POINT}" words current prefix candidate
  read -ra words <<< "$line"
  [[ "$line" == *[[:space:]] ]] && words+=("")
  current="\${words[\${#words[@]} - 1]}"
  # Readline splits words at @, : and =; it wants only what follows the last of them.
  prefix="\${current%"\${current##*[@:=]}"}"
  COMPREPLY=()
  while IFS=$'\\t' read -r candidate _; do
    COMPREPLY+=("\${candidate#"$prefix"}")
  done < <(mlstore --get-yargs-completions "\${words[@]:1}" 2>/dev/null)
  [[ "\${COMPREPLY[0]}" == *[@/:=] ]] && compopt -o nospace 2>/dev/null
}
complete -o default -F _mlstore mlstore
`

const zsh = `#compdef mlstore
# mlstore completion for zsh: eval "$(mlstore completion zsh)" in ~/.zshrc
_mlstore() {
  local line
  local -a candidates
  for line in "\${(@f)$(mlstore --get-yargs-completions "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    [[ -n "$line" ]] && candidates+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  if (( \${#candidates} )); then _describe mlstore candidates; else _files; fi
}
compdef _mlstore mlstore
`

const fish = `# mlstore completion for fish: mlstore completion fish > ~/.config/fish/completions/mlstore.fish
function __mlstore_complete
  set -l words (commandline -opc) (commandline -ct)
  mlstore --get-yargs-completions $words[2..-1] 2>/dev/null
end
complete -c mlstore -a '(__mlstore_complete)'
`

export type ShellName = 'bash' | 'zsh' | 'fish'

export const completionScripts: Readonly<Record<ShellName, string>> = { bash, zsh, fish }

export function isShellName(name: string): name is ShellName {
  return Object.hasOwn(completionScripts, name)
}
