/** A lab as its file says, together with what happened to the one that is up. */
import type { AgentClient } from "../agent/client.ts";
import type { StoredLab } from "../agent/protocol.ts";
import { InputError } from "../errors.ts";
import type { Diagnostic } from "../errors.ts";
import type { WireFacts } from "../lab/wire-facts.ts";
import type { LabInput } from "../load/input.ts";
import type { LabSources, OtherNetwork } from "../syntax/lab-sources.ts";
import type { ManifestInput } from "../kube/manifest-input.ts";
import type { Lab } from "../lab/lab.ts";
import { liveOf, UNTOUCHED, withLiveOf } from "../kube/workload/live-state.ts";
import type { UnderWay } from "../live/rollout-status.ts";
import type { LiveState } from "../kube/workload/live-state.ts";
import { reviveLab } from "../load/revive-lab.ts";
import { labWithoutCommands } from "../load/without-commands.ts";
import { planResources } from "../plan/plan-lab.ts";
import type { Resource } from "../resources/resource.ts";

/** Without input and sources a lab cannot be changed while it runs. */
export interface Loaded {
  readonly lab: Lab;
  readonly warnings: readonly Diagnostic[];
  readonly input?: LabInput | undefined;
  readonly sources?: LabSources | undefined;
}

/** The desired lab, and what is kept of the current one. */
export interface Wanted {
  readonly lab: Lab;
  readonly desired: readonly Resource[];
  readonly sources?: LabSources | undefined;
  readonly live?: LiveState | undefined;
  /** What the controllers have to do once the lab matches `lab`. */
  readonly underWay?: UnderWay | undefined;
}

/** What was loaded, on the wire that there is between the nodes. */
export async function onWire(
  loaded: Loaded,
  wire: WireFacts,
): Promise<{ readonly wanted: Wanted; readonly input: LabInput | undefined }> {
  const input = loaded.input === undefined ? undefined : { ...loaded.input, wire };
  const lab = input === undefined || wire.mtu === undefined ? loaded.lab : await resolveAgain(input);
  return { wanted: { lab, desired: planResources(lab), sources: loaded.sources }, input };
}

async function resolveAgain(input: LabInput): Promise<Lab> {
  const { resolveValid } = await import("../load/resolve-lab.ts");
  return resolveValid(input);
}

/** What the lab was made of when it was last brought to a file; without anything that another version of this program no longer accepts. */
async function manifestsOf(sources: LabSources): Promise<readonly ManifestInput[]> {
  const { loadSources } = await import("../load/load-lab.ts");
  try {
    return loadSources(sources).manifests;
  } catch (error) {
    if (error instanceof InputError) return [];
    throw error;
  }
}

/**
 * For `up`: the file decides, what it does not mention stays; pods keep their nodes and addresses. Pods of
 * workloads stay as they were: their changes are `underWay`.
 */
export async function withLive(wanted: Wanted, input: LabInput | undefined, stored: StoredLab | null): Promise<Wanted> {
  if (stored === null || input === undefined || stored.sources === undefined) return wanted;
  const [{ mergeLab }, { labUnderWay }, { labSpecs }] = await Promise.all([
    import("../live/merge-live.ts"),
    import("../live/rollout-status.ts"),
    import("../live/rounds.ts"),
  ]);
  const { clusters } = reviveLab(stored);
  // The same file again is the usual case, and need not be read twice.
  const isSame = JSON.stringify(stored.sources) === JSON.stringify(wanted.sources);
  const manifests = isSame ? input.manifests : await manifestsOf(stored.sources);
  const live = mergeLab(stored.live ?? UNTOUCHED, input.manifests, { manifests, clusters }, wanted.lab);
  const lab = await resolveAgain({ ...input, running: { live, clusters, gradual: false } });
  const then = labUnderWay(live, labSpecs(input.manifests, wanted.lab), lab);
  return { ...wanted, lab, desired: planResources(lab), live, underWay: then };
}

/** `up` without `--cni` of a lab that was built with it brings it back to its file. */
export function otherNetworkNote({ sources }: Pick<Wanted, "sources">, stored: StoredLab | null): string | undefined {
  const { cni, kubeProxy } = stored?.sources?.network ?? {};
  const lost = [
    ...(cni === undefined || sources?.network?.cni !== undefined ? [] : [`--cni ${cni}`]),
    ...(kubeProxy === undefined || sources?.network?.kubeProxy !== undefined ? [] : [`--kube-proxy ${kubeProxy}`]),
  ].join(" ");
  return lost === ""
    ? undefined
    : `the lab was built with ${lost}; without it, it gets the network that its file says (up with ${lost} keeps it)`;
}

/** For `check` with a file: its checks, about the pods that there are. Of a lab without commands none that runs one. */
export async function asItRuns(
  load: (network: OtherNetwork | undefined) => Promise<Loaded>,
  running: { readonly client: AgentClient; readonly lab: Lab },
): Promise<Lab> {
  const stored = await running.client.call("stored", {});
  const { lab, input } = await load(stored?.sources?.network);
  if (input === undefined) return lab;
  if (stored === null || stored.sources === undefined)
    return resolveAgain({ ...input, wire: { mtu: running.lab.clusters[0]?.wireMtu } });
  const { mergeLab } = await import("../live/merge-live.ts");
  const { clusters } = reviveLab(stored);
  const live = stored.live ?? UNTOUCHED;
  const manifests = await manifestsOf(stored.sources);
  const settled = mergeLab(live, input.manifests, { manifests, clusters }, lab);
  // From a file that is not applied yet only the checks are used, not its effect on pods.
  const asRuns = lab.clusters.reduce((now, { name }) => {
    const { workloads } = liveOf(settled, name);
    return withLiveOf(now, name, { ...liveOf(now, name), workloads });
  }, live);
  const resolved = await resolveAgain({ ...input, running: { live: asRuns, clusters, gradual: false } });
  return stored.sources.noCommands === true ? labWithoutCommands(resolved) : resolved;
}
