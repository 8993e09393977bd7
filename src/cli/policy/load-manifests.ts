/** The manifests that `-f` names, as a cluster; with the flags that all policy commands share. */
import { firstOf } from "../../counting.ts";
import { text } from "node:stream/consumers";
import type { Command } from "commander";
import { formatDiagnostic, UsageError } from "../../errors.ts";
import { objectText } from "../../load/left-out.ts";
import type { PolicyLab } from "../../load/policy-manifests.ts";
import { policyObjects } from "../../cluster/policy/policy-world.ts";
import type { PolicyBackendName } from "../../cluster/policy/backends.ts";
import type { ClusterModel } from "../../cluster/cluster.ts";
import type { CliContext } from "../context.ts";
import { addStrictOption } from "../options.ts";
import { isPodless, PODLESS } from "./isolation.ts";

export interface ManifestOptions {
  readonly filename: readonly string[];
  readonly recursive?: boolean;
  readonly dualStack?: boolean;
  readonly strict?: boolean;
}

export function addManifestOptions(command: Command): Command {
  return addStrictOption(command)
    .requiredOption(
      "-f, --filename <PATH>",
      "manifests: a file, a folder or - for stdin; may be given several times",
      (value: string, before: readonly string[] = []) => [...before, value],
    )
    .option("-R, --recursive", "also subfolders")
    .option("--dual-stack", "pods with IPv4 and IPv6 addresses");
}

/** Objects left out that are named at most. */
const NAMED = 8;

export interface LoadedManifests extends PolicyLab {
  readonly cluster: ClusterModel;
}

/** The loader (and zod with it) is loaded only here. Warnings go to stderr. */
export async function loadManifests(
  options: ManifestOptions,
  context: CliContext,
  more: {
    readonly name?: string;
    readonly backend?: PolicyBackendName | undefined;
    readonly quiet?: boolean;
  } = {},
): Promise<LoadedManifests> {
  const { loadPolicyLab } = await import("../../load/policy-manifests.ts");
  const loaded = loadPolicyLab(options.filename, {
    cwd: context.cwd,
    recursive: options.recursive,
    dualStack: options.dualStack,
    strict: options.strict,
    name: more.name,
    backend: more.backend,
    stdin: options.filename.includes("-") ? await text(context.stdin) : undefined,
  });
  const [cluster] = loaded.lab.clusters;
  if (cluster === undefined) throw new UsageError("these manifests are not part of a cluster");
  if (more.quiet !== true) {
    for (const warning of loaded.warnings) context.stderr.write(`${formatDiagnostic(warning)}\n`);
    const left = leftOutText(loaded.leftOut);
    if (left !== undefined) context.stderr.write(`note: ${left}\n`);
    if (isPodless(cluster)) context.stderr.write(`note: ${PODLESS}\n`);
    if (policyObjects(cluster).length === 0)
      context.stderr.write(
        `note: these manifests contain no NetworkPolicy: ${left === undefined ? "everything is allowed" : "as far as they show, everything is allowed"}\n`,
      );
  }
  return { ...loaded, cluster };
}

/** What no verdict takes into account: `CiliumNetworkPolicy shop/deny, Ingress web`. */
export function leftOutText(leftOut: PolicyLab["leftOut"]): string | undefined {
  return leftOut.length === 0 ? undefined : `the verdicts here ignore ${firstOf(leftOut.map(objectText), NAMED)}`;
}
