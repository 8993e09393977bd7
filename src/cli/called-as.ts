/** How the user called this program, so that every command that is printed can be pasted into the same terminal. */
import { COMMANDS } from "./commands.ts";
import { shellWord } from "../net/shell-word.ts";
import { accessSync, constants, realpathSync } from "node:fs";
import { delimiter, join, relative, resolve } from "node:path";

const NAME = "k8snet-lab";
/** Words after the name that make it a command: those of src/cli/commands.ts, and options. */
const COMMAND = new RegExp(
  String.raw`(?<![\w/.@-]|Usage: )(sudo )?k8snet-lab (?=(?:${[...COMMANDS.keys(), "help"].join("|")}|--\w)(?![\w/]))`,
  "g",
);

export interface Caller {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** As process.argv. */
  readonly argv: readonly string[];
  readonly uid: number | undefined;
  readonly cwd: string;
}

export interface CalledAs {
  /** Without sudo: `k8snet-lab`, `scripts/k8snet-lab`, `npx k8snet-lab`. */
  readonly command: string;
  /** always: it was run by sudo, so that is how its labs are reached. never: the user is root, sudo may not be there. */
  readonly sudo: "always" | "as-written" | "never";
}

/** `K8SNET_LAB_CALLED` is what scripts/k8snet-lab was called as: it starts this program by another path. */
export function calledAs({ env, argv, uid, cwd }: Caller): CalledAs {
  const sudo = uid !== 0 ? "as-written" : env["SUDO_UID"] === undefined ? "never" : "always";
  return { command: commandOf(env, argv[1] ?? NAME, cwd), sudo };
}

function commandOf(env: Caller["env"], main: string, cwd: string): string {
  if (env["npm_lifecycle_event"] === "npx" && env["npm_lifecycle_script"]?.startsWith(NAME)) return `npx ${NAME}`;
  const called = env["K8SNET_LAB_CALLED"] ?? main;
  // A shell finds it by its name.
  const found = (env["PATH"] ?? "").split(delimiter).find((folder) => folder !== "" && isProgram(join(folder, NAME)));
  if (found !== undefined && same(join(found, NAME), resolve(cwd, called))) return NAME;
  if (env["K8SNET_LAB_CALLED"] !== undefined) return shellWord(called);
  // Started as a file of Node: the launcher of the package, or the sources.
  const file = main.endsWith("-main.js") ? main.replace(/-main\.js$/, ".js") : main;
  const near = relative(cwd, file);
  return `node ${shellWord(near.startsWith("..") ? file : near)}`;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function same(one: string, other: string): boolean {
  try {
    return realpathSync(one) === realpathSync(other);
  } catch {
    return false;
  }
}

/** Text with its commands as the user would type them: `k8snet-lab down x` becomes `sudo scripts/k8snet-lab down x`. */
export function commandsAsCalled(text: string, { command, sudo }: CalledAs): string {
  if ((command === NAME && sudo === "as-written") || !text.includes(NAME)) return text;
  return text.replace(COMMAND, (_whole, written: string | undefined) => {
    const prefix = sudo === "always" || (sudo === "as-written" && written !== undefined) ? "sudo " : "";
    return `${prefix}${command} `;
  });
}
