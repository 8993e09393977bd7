/** Loads a lab file, or stdin for `-`. The loader (and zod with it) is loaded only here. */
import { text } from "node:stream/consumers";
import type { LoadedLab } from "../load/load-lab.ts";
import type { OtherNetwork } from "../syntax/lab-sources.ts";
import type { CliContext } from "./context.ts";
import type { NetworkOptions } from "./options.ts";

interface LoadFileOptions extends NetworkOptions {
  readonly strict?: boolean;
  readonly driver?: string;
  readonly commands?: boolean;
  /** Behind the lab's own name. */
  readonly nameSuffix?: string;
}

/** What the command line says in place of the file's network; undefined where it says nothing. */
function networkAsked({ cni, kubeProxy, nameSuffix }: LoadFileOptions): OtherNetwork | undefined {
  if (cni === undefined && kubeProxy === undefined) return undefined;
  return {
    ...(cni === undefined ? {} : { cni }),
    ...(kubeProxy === undefined ? {} : { kubeProxy }),
    ...(nameSuffix === undefined ? {} : { nameSuffix }),
  };
}

/** A lab to be read about. Throws InputError with all mistakes. */
export function loadFile(file: string, context: CliContext, options: LoadFileOptions = {}): Promise<LoadedLab> {
  return load(file, context, options, false);
}

/** A lab that is built, or would be: links to this host are mistakes unless they are allowed. Throws InputError with all mistakes. */
export function loadFileToBuild(
  file: string,
  context: CliContext,
  options: LoadFileOptions & { readonly allowHostLinks?: boolean },
): Promise<LoadedLab> {
  // Labs in containers, and those of ordinary users, are apart from this host.
  const apart = options.driver !== undefined && (options.driver !== "netns" || process.geteuid?.() !== 0);
  return load(file, context, options, options.allowHostLinks !== true || apart);
}

async function load(
  file: string,
  context: CliContext,
  options: LoadFileOptions,
  refuseHostLinks: boolean,
): Promise<LoadedLab> {
  const { loadLab, loadLabText } = await import("../load/load-lab.ts");
  const how = {
    cwd: context.cwd,
    strict: options.strict,
    inContainers: options.driver === "docker",
    noCommands: options.commands === false,
    refuseHostLinks,
    network: networkAsked(options),
  };
  return file === "-" ? loadLabText(await text(context.stdin), "stdin", how) : loadLab(file, how);
}
