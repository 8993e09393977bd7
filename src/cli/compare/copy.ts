/** A lab under another name and with another network: what a comparison builds beside the lab itself. */
import type { LoadedLab } from "../../load/load-lab.ts";
import type { CliContext } from "../context.ts";
import { loadFileToBuild } from "../load-file.ts";
import type { Network } from "./combination.ts";

interface CopyOptions {
  readonly driver: string;
  readonly commands?: boolean;
}

/** `clusterip-compare-2`. Throws InputError with all mistakes. */
export function loadCopy(
  file: string,
  { cni, kubeProxy }: Network,
  index: number,
  { driver, commands }: CopyOptions,
  context: CliContext,
): Promise<LoadedLab> {
  return loadFileToBuild(file, context, {
    driver,
    ...(commands === undefined ? {} : { commands }),
    ...(cni === undefined ? {} : { cni }),
    ...(kubeProxy === undefined ? {} : { kubeProxy }),
    nameSuffix: `-compare-${index}`,
  });
}
