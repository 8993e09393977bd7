/** `k8snet-lab completion`: scripts that make a shell ask us for candidates (`__complete`). */
import { Argument } from "commander";
import type { Command } from "commander";
import type { CliContext } from "../context.ts";
import { addExample } from "../options.ts";

/** Files are completed by the shell itself when we answer with the single line `:files`. */
const SCRIPTS = {
  bash: `# bash completion for k8snet-lab
_k8snet_lab() {
  local IFS=$'\\n' cur="\${COMP_WORDS[COMP_CWORD]}" line="\${COMP_LINE:0:COMP_POINT}" words out
  # Words as the command gets them: bash would also split at colons.
  IFS=$' \\t\\n' read -ra words <<< "$line"
  [[ "$line" == *[[:space:]] ]] && words+=("")
  IFS=$'\\n'
  out=($(k8snet-lab __complete -- "\${words[@]:1}" 2>/dev/null))
  if [[ " \${out[*]} " == *":files"* ]]; then
    compopt -o filenames 2>/dev/null
    out=(\${out[@]/:files/} $(compgen -f -- "$cur"))
  fi
  COMPREPLY=()
  local candidate
  for candidate in "\${out[@]}"; do
    candidate="\${candidate%%$'\\t'*}"
    [[ -n "$candidate" && "$candidate" == "$cur"* ]] && COMPREPLY+=("$candidate")
  done
}
complete -F _k8snet_lab k8snet-lab
`,
  zsh: `#compdef k8snet-lab
_k8snet_lab() {
  local -a out candidates
  local line
  out=("\${(@f)$(k8snet-lab __complete -- "\${(@)words[2,$CURRENT]}" 2>/dev/null)}")
  for line in $out; do
    if [[ "$line" == ":files" ]]; then
      _files
    elif [[ -n "$line" ]]; then
      candidates+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
    fi
  done
  (( $#candidates )) && _describe 'k8snet-lab' candidates
}
if [ "$funcstack[1]" = "_k8snet_lab" ]; then _k8snet_lab "$@"; else compdef _k8snet_lab k8snet-lab; fi
`,
  fish: `# fish completion for k8snet-lab
function __k8snet_lab_complete
  set -l words (commandline -opc) (commandline -ct)
  for line in (k8snet-lab __complete -- $words[2..-1] 2>/dev/null)
    if test "$line" = ":files"
      __fish_complete_path (commandline -ct)
    else
      echo $line
    end
  end
end
complete -c k8snet-lab -f -a '(__k8snet_lab_complete)'
`,
} as const;
type Shell = keyof typeof SCRIPTS;

export function configureCompletion(command: Command, context: CliContext): void {
  command
    .description("Print a completion script. It completes commands, options, lab names and targets.")
    .addArgument(new Argument("<SHELL>", "bash, zsh or fish").choices(Object.keys(SCRIPTS)))
    .action((shell: Shell) => {
      context.stdout.write(SCRIPTS[shell]);
    });
  addExample(
    command,
    "k8snet-lab completion bash > /etc/bash_completion.d/k8snet-lab",
    'k8snet-lab completion zsh > "${fpath[1]}/_k8snet-lab"',
    "k8snet-lab completion fish > ~/.config/fish/completions/k8snet-lab.fish",
  );
}
