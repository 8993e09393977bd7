/** The warning about another person's lab file: its programs run with the rights of the user who builds it. */
import { firstOf } from "../counting.ts";
import { realpathSync } from "node:fs";
import { join, resolve, sep } from "node:path";
import type { Lab } from "../lab/lab.ts";
import { labCommands } from "../load/without-commands.ts";

const NAMED = 3;
const OWN_LABS = join(import.meta.dirname, process.env["K8SNET_LAB_BUNDLED"] === "1" ? ".." : "../..", "labs");

export interface WhereBuilt {
  readonly driver: string;
  /** The process's own. */
  readonly uid: number | undefined;
  readonly cwd: string;
  /** The running lab: its programs were reported when it was built. */
  readonly before?: Lab | undefined;
}

/** Undefined for the package's own labs, and for those that run nothing (more). */
export function foreignCommandsWarning(lab: Lab, at: WhereBuilt): string | undefined {
  if (isOwn(resolve(at.cwd, lab.file))) return undefined;
  const known = new Set((at.before === undefined ? [] : labCommands(at.before)).map(({ argv }) => argv.join("\0")));
  const commands = labCommands(lab).filter(({ argv }) => !known.has(argv.join("\0")));
  if (commands.length === 0) return undefined;
  const names = commands.map(({ where, argv }) => `${argv[0] ?? ""} in ${where}`);
  return `this lab runs programs ${rights(at)}: ${firstOf(names, NAMED)}. Build only labs that you trust, or use --no-commands`;
}

/** With which rights a lab's programs run. */
export function rights({ driver, uid }: { readonly driver: string; readonly uid: number | undefined }): string {
  if (driver === "docker") return "in containers that may change the network of the engine's machine";
  return uid === 0 ? "as root on this machine" : "as you, with access to all your files";
}

function isOwn(file: string): boolean {
  try {
    return realpathSync(file).startsWith(realpathSync(OWN_LABS) + sep);
  } catch {
    return false;
  }
}
