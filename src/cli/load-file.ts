/** Loads a lab file, or stdin for `-`. The loader (and zod with it) is loaded only here. */
import { text } from "node:stream/consumers";
import type { LoadedLab } from "../load/load-lab.ts";
import type { CliContext } from "./context.ts";

/** Throws InputError with all mistakes. */
export async function loadFile(file: string, context: CliContext): Promise<LoadedLab> {
  const { loadLab, loadLabText } = await import("../load/load-lab.ts");
  return file === "-" ? loadLabText(await text(context.stdin), "stdin") : loadLab(file, { cwd: context.cwd });
}
