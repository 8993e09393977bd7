/** A running lab as its agent has it stored: read again only when it has changed, parsed and planned once. */
import type { AgentClient } from "../agent/client.ts";
import type { StoredLab } from "../agent/protocol.ts";
import { LabError, UsageError } from "../errors.ts";
import { loadSources } from "../load/load-lab.ts";
import type { LabInput } from "../load/input.ts";
import type { Lab } from "../lab/lab.ts";
import { UNTOUCHED, type LiveState } from "../kube/workload/live-state.ts";
import type { WorkloadSpec } from "../kube/workload/workload-kind.ts";
import { labSpecs } from "./rounds.ts";
import { reviveLab } from "../load/revive-lab.ts";
import { planResources } from "../plan/plan-lab.ts";
import type { Resource } from "../resources/resource.ts";

/** The input of a change. */
export interface World {
  readonly lab: Lab;
  readonly input: LabInput;
  readonly specs: readonly WorkloadSpec[];
  /** Features of the kernel that a change asked for and are not there; absent: it asked for none. */
  readonly lacks?: ReadonlySet<string> | undefined;
}

export interface Seen {
  readonly stored: StoredLab;
  readonly live: LiveState;
  readonly world: World;
}

export class StoredView {
  readonly #client: AgentClient;
  #seen: { readonly version: string; readonly seen: Seen } | undefined;
  #parsed: { readonly text: string; readonly input: LabInput; readonly specs: readonly WorkloadSpec[] } | undefined;
  readonly #planned = new WeakMap<Lab, readonly Resource[]>();

  constructor(client: AgentClient) {
    this.#client = client;
  }

  async look(): Promise<Seen> {
    // Requested first: what is read afterwards is at least as new.
    const { version } = await this.#client.call("storedVersion", {});
    if (version !== null && this.#seen?.version === version) return this.#seen.seen;
    const stored = await this.#client.call("stored", {});
    if (version === null || stored === null)
      throw new UsageError("the lab is still being built", "wait for its up to finish, or take it down");
    const lab = reviveLab(stored);
    const seen = { stored, live: stored.live ?? UNTOUCHED, world: { lab, ...this.#parse(stored, lab) } };
    this.#seen = { version, seen };
    return seen;
  }

  /** What a lab is made of. */
  resources(lab: Lab): readonly Resource[] {
    const known = this.#planned.get(lab);
    if (known !== undefined) return known;
    const resources = planResources(lab);
    this.#planned.set(lab, resources);
    return resources;
  }

  /** From here on this is the stored lab. The kernel's version is read back later: see `settled` of the agent's methods. */
  async commit(before: Seen, lab: Lab, live: LiveState): Promise<void> {
    const stored = { ...before.stored, lab, live };
    const { version } = await this.#client.call("commit", { stored, readBack: "later" });
    this.#seen = { version, seen: { stored, live, world: { ...before.world, lab } } };
  }

  #parse({ sources }: StoredLab, lab: Lab): Omit<World, "lab"> {
    if (sources === undefined) {
      throw new LabError("ENOSOURCE", 2, `lab ${lab.name} was built by an older version and cannot be changed`, {
        hint: `k8snet-lab up ${lab.file} first`,
      });
    }
    const text = JSON.stringify(sources);
    if (this.#parsed?.text !== text) {
      const input = loadSources(sources);
      this.#parsed = { text, input, specs: labSpecs(input.manifests, lab) };
    }
    const { input, specs } = this.#parsed;
    return { input, specs };
  }
}
