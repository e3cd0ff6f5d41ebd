// The completion scripts of the shells. They know nothing of the commands: they pass the words typed so far to
// `vncctl completion <shell> -- …` and offer what it prints. No word is ever evaluated by the shell.

export type CompletionShell = 'bash' | 'zsh' | 'fish';
export const COMPLETION_SHELLS: readonly CompletionShell[] = ['bash', 'zsh', 'fish'];

/** The script to be sourced by a shell. */
export function completionScript(shell: CompletionShell): string {
  switch (shell) {
    case 'bash':
      return BASH;
    case 'zsh':
      return ZSH;
    case 'fish':
      return FISH;
    default:
      return shell satisfies never;
  }
}

/** Words that fit as the scripts read them: one a line, with a tab and what is said about it where the shell shows that. */
export function completionLines(shell: CompletionShell, candidates: readonly { value: string; about: string }[]): string {
  return candidates.map(({ value, about }) => (shell === 'bash' || about === '' ? `${value}\n` : `${value}\t${about.replace(/\s+/g, ' ')}\n`)).join('');
}

// bash cuts words at "=" and ":" too. The line is cut at spaces instead, and what bash regards as finished is taken off again.
const BASH = String.raw`# bash completion for vncctl; needs no other package.  In ~/.bashrc:  source <(vncctl completion bash)
_vncctl() {
  local program line=${'$'}{COMP_LINE:0:COMP_POINT} last done candidate
  local -a words
  program=$(type -P -- "$1") || program=vncctl
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  last=${'$'}{words[${'$'}{#words[@]}-1]}
  done=${'$'}{last%"${'$'}{last##*[=:]}"}
  COMPREPLY=()
  while IFS= read -r candidate; do
    COMPREPLY+=("${'$'}{candidate#"$done"}")
    [[ $candidate == *= ]] && compopt -o nospace 2>/dev/null
  done < <("$program" completion bash -- "${'$'}{words[@]:1}" 2>/dev/null </dev/null)
}
complete -F _vncctl vncctl
`;

const ZSH = String.raw`#compdef vncctl
# zsh completion for vncctl.  In ~/.zshrc, after compinit:  source <(vncctl completion zsh)
_vncctl() {
  local program=${'$'}{(Q)words[1]} line value about
  local -a typed plain open
  (( $+commands[$program] )) || [[ -x $program ]] || program=vncctl
  typed=("${'$'}{(@Q)words[2,CURRENT]}")
  while IFS= read -r line; do
    value=${'$'}{line%%$'\t'*}
    about=
    [[ $line == *$'\t'* ]] && about=:${'$'}{line#*$'\t'}
    if [[ $value == *= ]]; then
      open+=("${'$'}{value//:/\\:}$about")
    else
      plain+=("${'$'}{value//:/\\:}$about")
    fi
  done < <(command "$program" completion zsh -- "${'$'}{(@)typed}" 2>/dev/null </dev/null)
  local found=1
  (( $#plain )) && _describe -V vncctl plain && found=0
  (( $#open )) && _describe -V vncctl open -S '' && found=0
  return found
}
if [[ ${'$'}{funcstack[1]} == _vncctl ]]; then
  _vncctl "$@"
else
  compdef _vncctl vncctl
fi
`;

const FISH = String.raw`# fish completion for vncctl.  In ~/.config/fish/config.fish:  vncctl completion fish | source
function __vncctl_complete
    set -l words (commandline -opc)
    set -l last (commandline -ct)
    set -l program $words[1]
    command -q $program; or set program vncctl
    command $program completion fish -- $words[2..-1] "$last" 2>/dev/null </dev/null
end
complete -c vncctl -f -a '(__vncctl_complete)'
`;
