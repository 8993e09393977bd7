/** Which programs a command needs, as far as it can be read: itself, an interpreter's script, the commands of a shell's script. */

const SHELLS: ReadonlySet<string> = new Set(["sh", "bash", "dash", "ash", "busybox"]);
const INTERPRETERS = /^(?:sh|bash|dash|ash|python[\d.]*|node|ruby|perl|php[\d.]*|java)$/;
const SCRIPT_NAME = /(?:\/|\.(?:py|js|mjs|cjs|rb|pl|php|sh|jar))/;

/** Builtins and keywords of a shell (POSIX shell, bash). */
const BUILT_IN: ReadonlySet<string> = new Set(
  `. : [ [[ alias bg break builtin case cd command continue declare do done echo elif else esac eval exec exit export false fg fi for
  function getopts hash if in jobs let local printf pwd read readonly return select set shift source test then time times trap true
  type typeset ulimit umask unalias unset until wait while { } !`.split(/\s+/),
);

const baseName = (program: string): string => program.slice(program.lastIndexOf("/") + 1);

function withoutHereDocuments(script: string): string {
  let end: string | undefined;
  const lines = script.split("\n").filter((line) => {
    const isText = end !== undefined;
    if (line.trim() === end) end = undefined;
    else end ??= /(?<![<\w])<<-?\s*["']?([A-Za-z_]\w*)/.exec(line)?.[1];
    return !isText;
  });
  return lines.join("\n");
}

/** The words at the beginnings of commands; what is assembled at run time (`$APP`) is unknown and left out. */
function scriptPrograms(script: string): readonly string[] {
  const plain = withoutHereDocuments(script)
    .replaceAll(/\\\n/g, " ")
    .replaceAll(/(^|\s)#[^\n]*/g, "$1")
    .replaceAll(/\$\{[^{}]*\}/g, "$_")
    .replaceAll(/"(?:\\.|[^"\\])*"|'[^']*'/gs, "_");
  const functions = new Set(plain.matchAll(/([\w-]+)\s*\(\)/g).map(([, name]) => name));
  return plain.split(/[\n;|&(){}]+|\b(?:do|then|else|if|while|until)\s/).flatMap((command) => {
    const words = command.trim().split(/\s+/);
    const first = words.find(
      (word) => !/^\w+=/.test(word) && !["exec", "command", "time", "!", "nohup"].includes(word),
    );
    return first === undefined ||
      !/^[\w./-]*[A-Za-z][\w./-]*$/.test(first) ||
      BUILT_IN.has(first) ||
      functions.has(first) ||
      first === "_"
      ? []
      : [first];
  });
}

/** Programs and scripts, as the command names them. */
export function commandPrograms(argv: readonly string[]): readonly string[] {
  const [program = "", ...args] = argv;
  const name = baseName(program);
  if (program === "" || !INTERPRETERS.test(name)) return program === "" ? [] : [program];
  // A shell accepts c anywhere in its flags (`bash -ecx SCRIPT`), and with -e it still reads a file.
  const flags = SHELLS.has(name) ? /^-[A-Za-z]*c[A-Za-z]*$/ : /^-[a-z]*[ce]$/;
  const inline = args.findIndex((word) => flags.test(word));
  if (inline >= 0) return SHELLS.has(name) ? [program, ...scriptPrograms(args[inline + 1] ?? "")] : [program];
  const script = args.find((word) => !word.startsWith("-"));
  return script !== undefined && SCRIPT_NAME.test(script) ? [program, script] : [program];
}

/** What is looked for on a machine: a name in PATH, or a path, from `cwd` on where it is relative. */
export function programPath(program: string, cwd: string): string {
  if (!program.includes("/") && !SCRIPT_NAME.test(program)) return program;
  if (program.startsWith("/")) return program;
  return `${cwd.replace(/\/$/, "")}/${program.replace(/^\.\//, "")}`;
}
