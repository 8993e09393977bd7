/** Loads a lab file, or stdin for `-`. The loader (and zod with it) is loaded only here. */
import { text } from "node:stream/consumers";
import type { LoadedLab } from "../load/load-lab.ts";
import type { CliContext } from "./context.ts";

/** Throws InputError with all mistakes. */
export async function loadFile(
  file: string,
  context: CliContext,
  options: { readonly strict?: boolean; readonly driver?: string; readonly commands?: boolean } = {},
): Promise<LoadedLab> {
  const { loadLab, loadLabText } = await import("../load/load-lab.ts");
  const how = {
    cwd: context.cwd,
    strict: options.strict,
    inContainers: options.driver === "docker",
    noCommands: options.commands === false,
  };
  return file === "-" ? loadLabText(await text(context.stdin), "stdin", how) : loadLab(file, how);
}
