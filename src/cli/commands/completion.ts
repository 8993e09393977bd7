/** `k8snet-lab completion`: scripts that make a shell ask us for candidates (`__complete`). */
import { Argument, type Command } from "commander";
import type { CliContext } from "../context.ts";
import { addExample } from "../options.ts";

/** The shell itself completes files when it is answered with the line `:files`, and lab files (and folders) with `:labs`. */
const SCRIPTS = {
  bash: `# bash completion for k8snet-lab
_k8snet_lab() {
  local i line word words=() rest="$COMP_LINE" cut path candidate
  local quotes=$'[\\\\"\\']' opening=$'["\\']'
  # Words as the command gets them: bash splits at colons too, and leaves quotes in.
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    cut="\${rest#"\${rest%%[![:space:]]*}"}"
    if ((i == 0)) || [[ "$cut" != "$rest" ]]; then words+=("$word"); else words[\${#words[@]}-1]+="$word"; fi
    rest="\${cut#"$word"}"
  done
  local typed="\${words[\${#words[@]}-1]}"
  for i in "\${!words[@]}"; do words[i]="\${words[i]//$quotes/}"; done
  local cur="\${words[\${#words[@]}-1]}"
  COMPREPLY=()
  while IFS= read -r line; do
    case "$line" in
      :files | :labs)
        compopt -o filenames 2>/dev/null
        while IFS= read -r path; do
          [[ "$line" == :files || "$path" == *.yaml || "$path" == *.yml || -d "$path" ]] || continue
          [[ "\${path##*/}" != .* || "\${cur##*/}" == .* ]] && COMPREPLY+=("$path")
        done < <(compgen -f -- "$cur")
        ;;
      *)
        candidate="\${line%%$'\\t'*}"
        [[ -n "$candidate" && "\${candidate//$quotes/}" == "$cur"* ]] || continue
        # After a quote the name stands as it is; bash replaces only what follows the last colon.
        [[ "$typed" == $opening* ]] || printf -v candidate %q "$candidate"
        [[ "$cur" == *:* && "$COMP_WORDBREAKS" == *:* ]] && candidate="\${candidate#"\${cur%"\${cur##*:}"}"}"
        COMPREPLY+=("$candidate")
        ;;
    esac
  done < <(k8snet-lab __complete -- "\${words[@]:1}" 2>/dev/null)
}
complete -F _k8snet_lab k8snet-lab
`,
  zsh: `#compdef k8snet-lab
_k8snet_lab() {
  local -a out candidates
  local line
  out=("\${(@f)$(k8snet-lab __complete -- "\${(@Q)words[2,$CURRENT]}" 2>/dev/null)}")
  for line in $out; do
    case "$line" in
      :files) _files ;;
      :labs) _files -g '*.(yaml|yml)' ;;
      *$'\\t'*) candidates+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}") ;;
      ?*) candidates+=("\${line//:/\\\\:}") ;;
    esac
  done
  (( $#candidates )) && _describe 'k8snet-lab' candidates
}
if [ "$funcstack[1]" = "_k8snet_lab" ]; then _k8snet_lab "$@"; else compdef _k8snet_lab k8snet-lab; fi
`,
  fish: `# fish completion for k8snet-lab
function __k8snet_lab_complete
  set -l words (commandline -opc) (commandline -ct)
  for line in (k8snet-lab __complete -- $words[2..-1] 2>/dev/null)
    switch $line
      case :files
        __fish_complete_path (commandline -ct)
      case :labs
        __fish_complete_path (commandline -ct) | string match -r '^[^\\t]*(?:/|\\.ya?ml)(?:\\t.*)?$'
      case '*'
        echo $line
    end
  end
end
complete -c k8snet-lab -f -a '(__k8snet_lab_complete)'
`,
} as const;
type Shell = keyof typeof SCRIPTS;

export function configure(command: Command, context: CliContext): void {
  command
    .description(
      "Print a completion script. It completes commands, options, labs, and what is in them: pods, interfaces, Services, policies, checks.",
    )
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
