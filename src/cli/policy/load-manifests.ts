/** The manifests that `-f` names, as a cluster; with the flags that all policy commands share. */
import { firstOf } from "../../counting.ts";
import { text } from "node:stream/consumers";
import type { Command } from "commander";
import { formatDiagnostic, UsageError } from "../../errors.ts";
import { objectText } from "../../load/left-out.ts";
import { clusterPrefix } from "../../net/object-ref.ts";
import type { PolicyEntry } from "../../load/policy-files.ts";
import type { PolicyLab, PolicyPart } from "../../load/policy-manifests.ts";
import { allPolicies } from "../../cluster/policy/all-policies.ts";
import type { PolicyBackendName } from "../../cluster/policy/backends.ts";
import type { ClusterModel } from "../../cluster/cluster.ts";
import type { CliContext } from "../context.ts";
import { addStrictOption } from "../options.ts";
import { isPodless, PODLESS } from "./isolation.ts";

export interface ManifestOptions {
  readonly filename?: readonly string[];
  /** `NAME=PATH`. */
  readonly cluster?: readonly string[];
  readonly recursive?: boolean;
  readonly dualStack?: boolean;
  readonly strict?: boolean;
}

export function addManifestOptions(command: Command): Command {
  const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];
  return addStrictOption(command)
    .option("-f, --filename <PATH>", "manifests: a file, a folder or - for stdin; may be given several times", collect)
    .option(
      "--cluster <NAME=PATH>",
      "manifests of one of several clusters, whose objects are then NAME.pod/…; may be given several times",
      collect,
    )
    .option("-R, --recursive", "also subfolders")
    .option("--dual-stack", "pods with IPv4 and IPv6 addresses");
}

/** Objects left out that are named at most. */
const NAMED = 8;

/** Of `-f` and `--cluster`. Throws UsageError where there are none, or one has no name. */
export function manifestEntries({ filename = [], cluster = [] }: ManifestOptions): readonly PolicyEntry[] {
  const entries = [
    ...filename.map((path): PolicyEntry => ({ path })),
    ...cluster.map((text): PolicyEntry => {
      const [, name, path] = /^([^=]+)=(.+)$/.exec(text) ?? [];
      if (name === undefined || path === undefined)
        throw new UsageError(`"${text}" names no cluster`, "write --cluster NAME=PATH: --cluster east=manifests/east");
      return { path, cluster: name };
    }),
  ];
  if (entries.length === 0)
    throw new UsageError("there are no manifests", "name them: -f PATH, or for several clusters --cluster NAME=PATH");
  return entries;
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
): Promise<PolicyLab> {
  const { loadPolicyLab } = await import("../../load/policy-manifests.ts");
  const entries = manifestEntries(options);
  const loaded = loadPolicyLab(entries, {
    cwd: context.cwd,
    recursive: options.recursive,
    dualStack: options.dualStack,
    strict: options.strict,
    name: more.name,
    backend: more.backend,
    stdin: entries.some(({ path }) => path === "-") ? await text(context.stdin) : undefined,
  });
  if (more.quiet === true) return loaded;
  for (const warning of loaded.warnings) context.stderr.write(`${formatDiagnostic(warning)}\n`);
  for (const { cluster, leftOut } of loaded.parts) {
    const note = (words: string): void => void context.stderr.write(`note: ${ofCluster(cluster)}${words}\n`);
    const left = leftOutText(leftOut);
    if (left !== undefined) note(left);
    if (isPodless(cluster)) note(PODLESS);
    if (allPolicies(cluster).length === 0)
      note(
        `these manifests contain no NetworkPolicy: ${left === undefined ? "everything is allowed" : "as far as they show, everything is allowed"}`,
      );
  }
  return loaded;
}

/** What stands in front of a remark about one of several clusters: `west: `. */
export function ofCluster({ name }: Pick<ClusterModel, "name">): string {
  return clusterPrefix(name) === "" ? "" : `${name}: `;
}

/** What no verdict takes into account: `CiliumNetworkPolicy shop/deny, Ingress web`. */
export function leftOutText(leftOut: PolicyPart["leftOut"]): string | undefined {
  return leftOut.length === 0 ? undefined : `the verdicts here ignore ${firstOf(leftOut.map(objectText), NAMED)}`;
}
