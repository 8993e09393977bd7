/** A running lab that is asked questions with real packets, and converged from one state to the next. */
import { callApply } from "../../src/agent/call-apply.ts";
import type { AgentClient } from "../../src/agent/client.ts";
import type { Probe, ProbeResult } from "../../src/services/probe/protocol.ts";
import type { Driver } from "../../src/drivers/driver.ts";
import { networkPlugin } from "../../src/cluster/cni/registry.ts";
import { netnsDriver } from "../../src/drivers/netns.ts";
import type { Lab } from "../../src/lab/lab.ts";
import type { Plan } from "../../src/resources/operation.ts";
import { planChange, planOperations } from "../../src/plan/plan-operations.ts";
import { planResources } from "../../src/plan/plan-lab.ts";
import type { Resource } from "../../src/resources/resource.ts";

export interface Question {
  readonly probe: Probe;
  readonly text: string;
  readonly allowed: boolean;
}

export interface Disagreement {
  readonly step: string;
  readonly probe: string;
  readonly expected: string;
  readonly found: string;
}

export interface StepReport {
  readonly probes: number;
  readonly disagreements: readonly Disagreement[];
  /** Probes that came to nothing, and those of them whose packet the log of a policy's rule has named. */
  readonly denied: number;
  readonly proved: number;
  /** Milliseconds. */
  readonly convergeMs: number;
  readonly probeMs: number;
}

export const FIRST_TIMEOUT = 400;
const SECOND_TIMEOUT = 2000;

/** Pods serve on every port that is asked: "port unreachable" comes from a rule, where the network plugin refuses by one. */
function isRejected({ outcome, error = "" }: ProbeResult): boolean {
  return outcome === "refused" && error.includes("ECONNREFUSED");
}

/** An INIT that came to a pod without SCTP is answered by "protocol unreachable": it was let through. */
function agrees({ allowed, probe: { kind } }: Question, result: ProbeResult, rejects: boolean): boolean {
  const { outcome, error } = result;
  // A sender whose own node drops it in OUTPUT is told so at once, if its protocol tells anyone.
  if (!allowed) return outcome === "timeout" || error === "EPERM" || (rejects && isRejected(result));
  return outcome === "open" || (kind === "sctp" && outcome === "refused" && !(rejects && isRejected(result)));
}

/** Its network plugin refuses what policies deny. */
function rejectsDenied({ clusters }: Lab): boolean {
  return clusters.some((cluster) => networkPlugin(cluster).switches.denyAs === "reject");
}

export class AskedLab {
  readonly #driver: Driver;
  #client: AgentClient | undefined;
  #applied: readonly Resource[] = [];

  constructor(driver: Driver = netnsDriver()) {
    this.#driver = driver;
  }

  get client(): AgentClient {
    if (this.#client === undefined) throw new Error("the lab has not been built");
    return this.#client;
  }

  /** Builds the lab the first time, converges it after that, and asks. */
  async ask(step: string, lab: Lab, all: readonly Question[]): Promise<StepReport> {
    const started = performance.now();
    const client = await this.#converge(lab);
    const converged = performance.now();
    const first = await probe(client, all, FIRST_TIMEOUT);
    const rejects = rejectsDenied(lab);
    const surprising = all.filter(
      (question, i) => !agrees(question, first[i] ?? { outcome: "refused", ms: 0 }, rejects),
    );
    // On a loaded machine an answer may be late: what surprises is asked again, with more time.
    const second = await probe(client, surprising, SECOND_TIMEOUT);
    const disagreements = surprising.flatMap((question, i): Disagreement[] => {
      const result = second[i];
      if (result === undefined || agrees(question, result, rejects)) return [];
      const expected = question.allowed ? "allowed" : "denied";
      return [{ step, probe: question.text, expected, found: `${result.outcome} ${result.error ?? ""}` }];
    });
    return {
      probes: all.length,
      disagreements,
      denied: first.filter((result) => result.outcome === "timeout").length,
      proved: first.filter((result) => result.denied !== undefined).length,
      convergeMs: converged - started,
      probeMs: performance.now() - converged,
    };
  }

  async #converge(lab: Lab): Promise<AgentClient> {
    const resources = planResources(lab);
    if (this.#client === undefined) {
      this.#client = await this.#driver.start();
      await this.#client.call("adopt", { lab: lab.name, file: "conformance.yaml", recover: false });
      await apply(this.#client, planOperations(lab.name, resources).operations, "build");
      this.#applied = resources;
      await this.#unthrottle(lab);
      await this.#client.call("commit", { stored: { lab, at: new Date().toISOString(), version: "0" } });
      return this.#client;
    }
    // As a running lab is changed: nobody else touches it, so nothing need be read back (`left` does, at the end).
    await apply(this.#client, planChange(lab.name, this.#applied, resources).operations, "converge");
    this.#applied = resources;
    return this.#client;
  }

  /** "Protocol unreachable" is the answer to SCTP here, "port unreachable" that of nodes' rules: many at once must not be held back (icmp(7)). */
  async #unthrottle(lab: Lab): Promise<void> {
    const argv = ["sysctl", "-qw", "net.ipv4.icmp_ratemask=0", "net.ipv6.icmp.ratelimit=0"];
    const nodes = rejectsDenied(lab) ? lab.clusters.flatMap((cluster) => cluster.nodes.map(({ name }) => name)) : [];
    for (const ns of [...(lab.clusters[0]?.pods ?? []).map((pod) => pod.ns), ...nodes])
      await this.#client?.call("run", { ns, argv, timeout: 5000 });
  }

  /** What would still have to be done; nothing when the lab is as it should be. */
  async left(lab: Lab): Promise<readonly string[]> {
    const resources = planResources(lab);
    if (this.#client === undefined) throw new Error("not up");
    const observed = await this.#client.observe({ sysctls: sysctlsOf(resources) });
    return planOperations(lab.name, resources, observed).operations.map(({ id, reason }) => `${id}: ${reason}`);
  }

  async down(): Promise<void> {
    const client = this.#client;
    if (client === undefined) return;
    const { failures } = await client.call("down", {});
    if (failures.length > 0) throw new Error(JSON.stringify(failures));
    await client.closed;
  }
}

function sysctlsOf(resources: readonly Resource[]): Record<string, string[]> {
  const sysctls: Record<string, string[]> = {};
  for (const resource of resources) if (resource.kind === "sysctl") (sysctls[resource.ns] ??= []).push(resource.key);
  return sysctls;
}

async function apply(client: AgentClient, operations: Plan["operations"], mode: "build" | "converge"): Promise<void> {
  const { failures } = await callApply(client, operations, { mode, keep: false });
  if (failures.length > 0)
    throw new Error(failures.map((it) => `${it.operation}: ${it.stderr}\n${it.command}`).join("\n"));
}

async function probe(
  client: AgentClient,
  asked: readonly Question[],
  timeout: number,
): Promise<readonly ProbeResult[]> {
  if (asked.length === 0) return [];
  const probes = asked.map((question) => ({ ...question.probe, timeout }));
  return (await client.call("probe", { probes })).results;
}
