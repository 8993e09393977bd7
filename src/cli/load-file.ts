/** Loads a lab file, or stdin for `-`. The loader (and zod with it) is loaded only here. */
import { text } from "node:stream/consumers";
import type { LoadedLab } from "../load/load-lab.ts";
import type { CliContext } from "./context.ts";

/** Throws InputError with all mistakes. `strict`: what may matter to the network and is not built is one. */
export async function loadFile(
  file: string,
  context: CliContext,
  { strict }: { readonly strict?: boolean } = {},
): Promise<LoadedLab> {
  const { loadLab, loadLabText } = await import("../load/load-lab.ts");
  const options = { cwd: context.cwd, strict };
  return file === "-" ? loadLabText(await text(context.stdin), "stdin", options) : loadLab(file, options);
}
