/**
 * Changes to a running lab: a request goes into its live state, the controllers decide round by
 * round what follows, and of each round only the difference is applied. All state is kept by the agent,
 * so that several commands may work on one lab in turns.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { callApply } from "../agent/call-apply.ts";
import type { AgentClient } from "../agent/client.ts";
import type { Methods } from "../agent/protocol.ts";
import { BuildError, LabError } from "../errors.ts";
import type { Lab } from "../lab/lab.ts";
import type { LiveState } from "../kube/workload/live-state.ts";
import { isLabActedUpon, isLabStuck, labTerminating, pendingLab, reconcileLab, withLabConditions } from "./rounds.ts";
import { liveOf } from "../kube/workload/live-state.ts";
import { workloadKey } from "../kube/workload/sets.ts";
import { clusterNamed, labPods } from "../cluster/lab-clusters.ts";
import { objectKey } from "../net/object-ref.ts";
import { ownPods } from "../cluster/lab-names.ts";
import { resolveValid } from "../load/resolve-lab.ts";
import { rolloutStatus } from "./rollout-status.ts";
import type { RolloutStatus } from "./rollout-status.ts";
import { planChange, planOperations } from "../plan/plan-operations.ts";
import type { Plan } from "../resources/operation.ts";
import type { Requirement } from "../resources/requirement.ts";
import { sysctlWants } from "../resources/sysctl/wants.ts";
import { withoutAbandoned } from "./faults.ts";
import { describePodChanges } from "./pod-changes.ts";
import { callsPlugins } from "../resources/cni/attached.ts";
import { adopted, takenBack } from "./adopt.ts";
import { stillThere } from "./returned-links.ts";
import { StoredView } from "./stored-view.ts";
import type { World } from "./stored-view.ts";

/** The requested change; throws UsageError when it is not possible. */
export interface Change {
  (live: LiveState, world: World): LiveState;
  /** A feature of the kernel in a namespace that it chooses by: what is lacking is in the world that it is given. */
  readonly asks?: (
    live: LiveState,
    world: World,
  ) => { readonly ns: string; readonly feature: Requirement["feature"] } | undefined;
}

export interface LiveLabOptions {
  /** What has happened, one line each. */
  readonly notify: (text: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Milliseconds that a terminating pod keeps serving: at least this long, for connections that are on their way to it; then
 * until all its connections are closed, but not for ever.
 */
const DRAIN = 300;
const GRACE = 2000;
/**
 * `done`: everything is as requested. `idle`: nothing can be done now, something must become ready first. `decided`: and
 * every probe has reported, which is done too.
 */
export type Until = "done" | "idle" | "decided";

type Conditions = Methods["conditions"]["result"];

/** Milliseconds between two checks of what is under way. */
const PAUSE = 50;
/** Milliseconds to wait for another command that changes the lab. */
const LOCK_LIMIT = 30_000;

export class LiveLab {
  readonly #client: AgentClient;
  readonly #view: StoredView;
  readonly #options: LiveLabOptions;
  /** When a terminating pod was first seen out of the rules, performance.now(). */
  readonly #leaving = new Map<string, number>();

  constructor(client: AgentClient, options: LiveLabOptions) {
    this.#client = client;
    this.#view = new StoredView(client);
    this.#options = options;
  }

  /** Requests a change and applies its first round. */
  async change(purpose: string, change: Change): Promise<void> {
    await this.#round(purpose, change);
  }

  /** The same, as a whole or not at all: what fails is taken back. */
  async changeWhole(purpose: string, change: Change): Promise<void> {
    await this.#round(purpose, change, true);
  }

  /**
   * Lets the controllers work until everything is as requested, until only pods are missing that no node takes, or until the
   * deadline (performance.now()). Resolves with what is still under way then.
   */
  async settle(purpose: string, deadline: number, until: Until = "done"): Promise<readonly string[]> {
    for (;;) {
      this.#options.signal.throwIfAborted();
      if (await this.#round(purpose)) continue;
      const { live, world } = await this.#view.look();
      const left = pendingLab(live, world);
      const isStuck = until === "done" && isLabStuck(live, world);
      if (isStuck || (await this.#isReached(until, live, world.lab, left)) || performance.now() >= deadline) {
        // Changes by others to the rules are attributed to them from now on.
        if (until !== "idle") await this.#client.call("settled", {});
        return left;
      }
      await sleep(PAUSE, undefined, { signal: this.#options.signal });
    }
  }

  async #isReached(until: Until, live: LiveState, lab: Lab, left: readonly string[]): Promise<boolean> {
    if (until === "done") return left.length === 0;
    if (labTerminating(live).size > 0) return false;
    if (until === "idle") return true;
    const { conditions } = await this.#client.call("conditions", {});
    return isLabActedUpon(live, conditions, lab);
  }

  /** The lab as it is now. */
  async lab(): Promise<Lab> {
    return (await this.#view.look()).world.lab;
  }

  /** How far these Deployments (`Deployment default/web`) are; one that no longer exists is left out. */
  async rollouts(keys: readonly string[]): Promise<readonly RolloutStatus[]> {
    const { live, world } = await this.#view.look();
    const specs = world.specs.filter((spec) => keys.includes(workloadKey(spec)));
    return specs.flatMap((spec) => {
      const cluster = clusterNamed(world.lab, spec.cluster);
      return cluster === undefined ? [] : [rolloutStatus(spec, liveOf(live, spec.cluster), ownPods(cluster))];
    });
  }

  /** Terminating pods that are done. */
  async #drained(live: LiveState, { lab }: World): Promise<ReadonlySet<string>> {
    const now = performance.now();
    const drained = new Set<string>();
    for (const key of labTerminating(live).keys()) {
      const since = this.#leaving.get(key) ?? now;
      this.#leaving.set(key, since);
      if (now - since < DRAIN) continue;
      const ns = labPods(lab).find((pod) => objectKey(pod) === key)?.ns;
      const busy =
        ns !== undefined &&
        now - since < GRACE &&
        (await this.#client.call("connections", { namespaces: [ns] })).open > 0;
      if (!busy) drained.add(key);
    }
    return drained;
  }

  async #next(live: LiveState, world: World, change: Change | undefined, agent: Conditions): Promise<LiveState> {
    const { conditions, holders } = agent;
    const observed = withoutAbandoned(withLabConditions(live, conditions, world.lab), world, holders);
    const asked = change === undefined ? observed : change(observed, world);
    const drained = await this.#drained(live, world);
    return reconcileLab(asked, { ...world, now: Date.now(), drained });
  }

  async #lacks(live: LiveState, world: World, change: Change | undefined): Promise<ReadonlySet<string> | undefined> {
    const { ns, feature } = change?.asks?.(live, world) ?? {};
    if (ns === undefined || feature === undefined) return undefined;
    const { ok } = await this.#client.call("feature", { ns, feature });
    return new Set(ok ? [] : [feature]);
  }

  /** False when there was nothing to do. */
  async #round(purpose: string, change?: Change, whole = false): Promise<boolean> {
    const before = await this.#view.look();
    const lacks = await this.#lacks(before.live, before.world, change);
    const first = await this.#client.call("conditions", {});
    const isDue = (live: LiveState, { lab }: World): boolean =>
      first.unfinished || live !== before.live || labPods(lab).some((pod) => pod.starting === true);
    if (!isDue(await this.#next(before.live, { ...before.world, lacks }, change, first), before.world)) return false;
    await this.#lock(purpose);
    const seen = await this.#view.look();
    const { world } = seen;
    const agent = await this.#client.call("conditions", {});
    const live = await this.#next(seen.live, { ...world, lacks }, change, agent);
    const resolve = (now: LiveState): Lab =>
      resolveValid({ ...world.input, running: { live: now, clusters: world.lab.clusters, gradual: true } });
    const lab = resolve(live);
    const there = stillThere(this.#view.resources(world.lab), seen.live, live);
    const plan = agent.unfinished
      ? await this.#planFromKernel(lab)
      : planChange(lab.name, there, this.#view.resources(lab));
    const { failures } = await callApply(this.#client, plan.operations, { mode: "converge", keep: true });
    if (failures.length > 0) {
      // A pod that its node's plugins refuse is not made.
      if (whole || callsPlugins(plan.operations.map(({ resource }) => resource))) {
        const before = { lab: world.lab, desired: there, live: seen.live };
        const back = await takenBack(this.#client, before, this.#view.resources(lab), resolve).catch(() => undefined);
        if (back !== undefined) {
          if (back !== before) await this.#view.commit(seen, back.lab, back.live);
          throw new BuildError(`lab ${lab.name} refuses it`, failures, "the lab is as it was");
        }
      }
      throw new BuildError(
        `${failures.length} of ${plan.operations.length} changes to lab ${lab.name} failed`,
        failures,
        `the lab stays up as it is; make it match its file: k8snet-lab up ${lab.file}`,
      );
    }
    const calls = callsPlugins(plan.operations.map(({ resource }) => resource));
    const desired = this.#view.resources(lab);
    const made = calls ? await adopted(this.#client, { lab, desired, live }, resolve) : { lab, live };
    await this.#view.commit(seen, made.lab, made.live);
    for (const line of describePodChanges(labPods(world.lab), labPods(made.lab))) this.#options.notify(line);
    const terminating = labTerminating(live);
    for (const key of this.#leaving.keys()) if (!terminating.has(key)) this.#leaving.delete(key);
    return true;
  }

  /** How far the change came that was not finished is not known. */
  async #planFromKernel(lab: Lab): Promise<Plan> {
    const desired = this.#view.resources(lab);
    const observed = await this.#client.observe({ ownSysctls: true, sysctls: sysctlWants(desired) });
    return planOperations(lab.name, desired, observed);
  }

  async #lock(purpose: string): Promise<void> {
    const end = performance.now() + LOCK_LIMIT;
    for (;;) {
      try {
        await this.#client.call("lock", { purpose });
        return;
      } catch (error) {
        if (!(error instanceof LabError) || error.code !== "EBUSY" || performance.now() > end) throw error;
        await sleep(PAUSE, undefined, { signal: this.#options.signal });
      }
    }
  }
}
