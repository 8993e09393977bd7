/** A running lab that follows the steps of the NetworkPolicy tables: converged from one to the next, probed with real packets. */
import type { AgentClient } from "../../src/agent/client.ts";
import type { Probe, ProbeResult } from "../../src/agent/protocol.ts";
import type { Driver } from "../../src/drivers/driver.ts";
import { netnsDriver } from "../../src/drivers/netns.ts";
import { loadLabText } from "../../src/load/load-lab.ts";
import type { Lab } from "../../src/model/lab.ts";
import type { PolicyWorld } from "../../src/model/network-policy.ts";
import type { Plan } from "../../src/plan/operation.ts";
import { planOperations, planResources } from "../../src/plan/plan-lab.ts";
import type { Resource } from "../../src/plan/resource.ts";
import type { PolicyStep, PolicyTable } from "./policies.ts";

export interface PolicyLabOptions {
  readonly name: string;
  readonly backend: "iptables" | "nftables";
  readonly families?: "ipv4" | "dual" | undefined;
  /** Default: namespaces of this host. */
  readonly driver?: Driver | undefined;
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

type Pod = PolicyWorld["pods"][number];

const PORTS = [80, 81];
const FIRST_TIMEOUT = 400;
const SECOND_TIMEOUT = 2000;

/** Pods that the tables speak of now and then stay where they are, so that only policies change from step to step. */
const NINE: readonly Pod[] = ["x", "y", "z"].flatMap((namespace, i) =>
  ["a", "b", "c"].map((name, j) => ({
    namespace,
    name,
    labels: { pod: name },
    node: "",
    hostNetwork: false,
    addresses: [`192.168.${i + 1}.${10 + j}`],
    ports: [],
  })),
);

function podManifest({ namespace, name, labels }: Pod): unknown {
  const port = (number: number, protocol: string): unknown => ({
    name: `serve-${number}-${protocol.toLowerCase()}`,
    containerPort: number,
    protocol,
  });
  const containers = [
    { name: "server", image: "server", ports: PORTS.flatMap((it) => [port(it, "TCP"), port(it, "UDP")]) },
    // A kernel without SCTP can have no server for it; the declared port alone gives it its name.
    { name: "sctp", image: "none", command: ["sleep", "1000000"], ports: PORTS.map((it) => port(it, "SCTP")) },
  ];
  const nodeName = { x: "node1", y: "node2" }[namespace] ?? "node3";
  return { apiVersion: "v1", kind: "Pod", metadata: { namespace, name, labels }, spec: { nodeName, containers } };
}

/** The lab of one step, with the tables' own addresses. */
export function labOfStep(step: PolicyStep, { name, backend, families }: PolicyLabOptions): Lab {
  const pods = new Map([...NINE, ...step.world.pods].map((pod) => [`${pod.namespace}/${pod.name}`, pod]));
  const documents = [
    {
      apiVersion: "k8snet-lab/v1",
      kind: "Lab",
      metadata: { name },
      spec: {
        cluster: {
          nodes: ["node0", "node1", "node2", "node3"],
          nodeCIDR: families === "dual" ? ["172.18.0.0/24", "fd00:18::/64"] : "172.18.0.0/24",
          podCIDR: families === "dual" ? ["192.168.0.0/16", "fd00:10:244::/56"] : "192.168.0.0/16",
          networkPolicy: { backend },
        },
      },
    },
    ...step.world.namespaces.map(({ name: namespace, labels }) => ({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: namespace, labels },
    })),
    ...[...pods.values()].map(podManifest),
    ...step.manifests.map((manifest) => ({ apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", ...manifest })),
  ];
  const { lab } = loadLabText(documents.map((it) => JSON.stringify(it)).join("\n---\n"), "conformance.yaml");
  const { cluster } = lab;
  if (cluster === undefined) throw new Error("the lab has no cluster");
  const placed = cluster.pods.map((pod) => {
    const given = pods.get(`${pod.namespace}/${pod.name}`)?.addresses[0];
    const node = cluster.nodes.find((it) => it.name === pod.node);
    const fits = given !== undefined && node?.podCIDR.ipv4?.startsWith(given.replace(/\d+$/, "")) === true;
    return fits ? { ...pod, address: { ...pod.address, ipv4: given } } : pod;
  });
  return { ...lab, cluster: { ...cluster, pods: placed } };
}

interface Question {
  readonly probe: Probe;
  readonly text: string;
  readonly allowed: boolean;
}

function questions(table: PolicyTable, lab: Lab, family: "ipv4" | "ipv6"): readonly Question[] {
  const port = typeof table.port === "number" ? table.port : Number(/\d+/.exec(table.port)?.[0]);
  const kind = ({ TCP: "tcp", UDP: "udp", SCTP: "sctp" } as const)[table.protocol];
  const address = new Map(lab.cluster?.pods.map((pod) => [pod.ns, pod.address[family] ?? ""]));
  return table.order.flatMap((from, row) =>
    table.order.flatMap((to, column): Question[] => {
      // A pod's packets to itself never leave it: nobody can block them.
      if (from === to) return [];
      return [
        {
          probe: { kind, ns: from, to: address.get(to) ?? "", port, timeout: FIRST_TIMEOUT },
          text: `${from} to ${to} ${table.protocol} ${port} (${family})`,
          allowed: table.combined[row]?.[column] === ".",
        },
      ];
    }),
  );
}

/** An INIT that came to a pod without SCTP is answered by "protocol unreachable": it was let through. */
function agrees({ allowed, probe: { kind } }: Question, { outcome }: ProbeResult): boolean {
  if (!allowed) return outcome === "timeout";
  return outcome === "open" || (kind === "sctp" && outcome === "refused");
}

export class PolicyLab {
  readonly #options: PolicyLabOptions;
  #client: AgentClient | undefined;

  constructor(options: PolicyLabOptions) {
    this.#options = options;
  }

  /** Builds the lab for its first step, converges it for the others, and asks all of the step's questions. */
  async run(step: PolicyStep): Promise<StepReport> {
    const lab = labOfStep(step, this.#options);
    const started = performance.now();
    const client = await this.#converge(lab);
    const converged = performance.now();
    // An ipBlock of the tables is IPv4: of IPv6 they say nothing then.
    const families = JSON.stringify(step.manifests).includes("ipBlock") ? (["ipv4"] as const) : lab.families;
    const all = step.tables.flatMap((table) => families.flatMap((family) => questions(table, lab, family)));
    const first = await probe(client, all, FIRST_TIMEOUT);
    const surprising = all.filter((question, i) => !agrees(question, first[i] ?? { outcome: "refused", ms: 0 }));
    // On a loaded machine an answer may be late: what surprises is asked again, with more time.
    const second = await probe(client, surprising, SECOND_TIMEOUT);
    const disagreements = surprising.flatMap((question, i): Disagreement[] => {
      const result = second[i];
      if (result === undefined || agrees(question, result)) return [];
      const expected = question.allowed ? "allowed" : "denied";
      return [{ step: step.id, probe: question.text, expected, found: `${result.outcome} ${result.error ?? ""}` }];
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
      this.#client = await (this.#options.driver ?? netnsDriver()).start();
      await this.#client.call("adopt", { lab: lab.name, file: "conformance.yaml", recover: false });
      await apply(this.#client, planOperations(lab.name, resources).operations, "build");
      await this.#unthrottle(lab);
      await this.#client.call("commit", { stored: { lab, at: new Date().toISOString(), version: "0" } });
      return this.#client;
    }
    const observed = await this.#client.call("observe", { sysctls: sysctlsOf(resources) });
    await apply(this.#client, planOperations(lab.name, resources, observed).operations, "converge");
    return this.#client;
  }

  /** "Protocol unreachable" is the answer to SCTP here: many at once must not be held back (icmp(7)). */
  async #unthrottle(lab: Lab): Promise<void> {
    const argv = ["sysctl", "-qw", "net.ipv4.icmp_ratemask=0", "net.ipv6.icmp.ratelimit=0"];
    for (const { ns } of lab.cluster?.pods ?? []) await this.#client?.call("run", { ns, argv, timeout: 5000 });
  }

  /** What would still have to be done for a step; nothing when the lab is as it should be. */
  async left(step: PolicyStep): Promise<readonly string[]> {
    const lab = labOfStep(step, this.#options);
    const resources = planResources(lab);
    const observed = await this.#client?.call("observe", { sysctls: sysctlsOf(resources) });
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
  const { failures } = await client.call("apply", { operations, mode, keep: false });
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
