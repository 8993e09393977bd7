/** The lab of the NetworkPolicy tables' nine pods, and their cells as questions. */
import type { Driver } from "../../src/drivers/driver.ts";
import { loadLabText } from "../../src/load/load-lab.ts";
import type { Lab } from "../../src/lab/lab.ts";
import type { PolicyWorld } from "../../src/cluster/policy/policy-world.ts";
import { policyWorld } from "../../src/cluster/policy/policy-world.ts";
import { DEFAULT_SWITCHES } from "../../src/cluster/policy/switches.ts";
import { evaluate } from "../../src/oracle/policy/policy-oracle.ts";
import { AskedLab, FIRST_TIMEOUT } from "./asked-lab.ts";
import type { Question, StepReport } from "./asked-lab.ts";
import { otherVoices } from "./voices.ts";
import type { PolicyProbe, PolicyStep, PolicyTable } from "./policies.ts";

export interface PolicyLabOptions {
  readonly name: string;
  /** Default: the plugin's own. */
  readonly backend?: "iptables" | "nftables" | undefined;
  readonly families?: "ipv4" | "dual" | undefined;
  /** `spec.cluster.cni`; default flannel. */
  readonly cni?: { readonly plugin: string; readonly [field: string]: unknown } | undefined;
  readonly kubeProxy?: string | undefined;
  /** Default: namespaces of this host. */
  readonly driver?: Driver | undefined;
}

type Pod = PolicyWorld["pods"][number];

const PORTS = [80, 81];
/** The world of most tables is on one node: their namespaces are spread over several here. */
const NODES: Readonly<Record<string, string>> = { x: "node1", y: "node2", z: "node3" };

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

/** The pod's own ports, with all protocols; else those of most tables. Those that are asked are served in any case. */
function podManifest(
  { namespace, name, labels, ports, node, addresses }: Pod,
  asked: readonly number[],
  keepsAddress: boolean,
): unknown {
  const nodeName = NODES[namespace] ?? node;
  const port = (number: number, protocol: string): unknown => ({
    name:
      ports.find((it) => it.port === number && it.protocol === protocol)?.name ??
      `serve-${number}-${protocol.toLowerCase()}`,
    containerPort: number,
    protocol,
  });
  const numbers = [...new Set([...(ports.length === 0 ? PORTS : ports.map((it) => it.port)), ...asked])];
  const containers = [
    { name: "server", image: "server", ports: numbers.flatMap((it) => [port(it, "TCP"), port(it, "UDP")]) },
    // A kernel without SCTP can have no server for it; the declared port alone gives it its name.
    { name: "sctp", image: "none", command: ["sleep", "1000000"], ports: numbers.map((it) => port(it, "SCTP")) },
  ];
  const status = keepsAddress ? { status: { podIPs: addresses.map((ip) => ({ ip })) } } : {};
  const spec = { nodeName, containers };
  return { apiVersion: "v1", kind: "Pod", metadata: { namespace, name, labels }, spec, ...status };
}

/** A step's pods by `NAMESPACE/NAME`, with those that stay although it does not speak of them. */
function podsOfStep({ world }: PolicyStep): ReadonlyMap<string, Pod> {
  const namespaces = new Set(world.namespaces.map((it) => it.name));
  const staying = NINE.filter((pod) => namespaces.has(pod.namespace));
  return new Map([...staying, ...world.pods].map((pod) => [`${pod.namespace}/${pod.name}`, pod]));
}

/** The lab file of one step, with addresses as the lab gives them. */
export function fileOfStep(
  step: PolicyStep,
  { name, backend, families, cni, kubeProxy }: PolicyLabOptions,
  checks: readonly unknown[] = [],
): string {
  const asked = [...step.tables, ...(step.probes ?? [])].flatMap(({ port }) =>
    typeof port === "number" ? [port] : [],
  );
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
          ...(backend === undefined ? {} : { networkPolicy: { backend } }),
          cni,
          kubeProxy,
        },
        checks,
      },
    },
    ...step.world.namespaces.map(({ name: namespace, labels }) => ({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: namespace, labels },
    })),
    ...[...podsOfStep(step).values()].map((pod) => podManifest(pod, asked, cni !== undefined)),
    ...step.manifests.map((manifest) => ({ apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", ...manifest })),
  ];
  return documents.map((it) => JSON.stringify(it)).join("\n---\n");
}

/** The first table of a step as a check of the lab file. */
export function checkOfStep({ id, tables }: PolicyStep): unknown {
  const [table] = tables;
  if (table === undefined) throw new Error(`${id} has no table`);
  const { order, combined, port, protocol } = table;
  const row = (at: number): unknown =>
    Object.fromEntries(
      order.map((to, column) => [`pod/${to}`, at === column || combined[at]?.[column] === "." ? "open" : "timeout"]),
    );
  const places = order.map((place) => `pod/${place}`);
  return {
    name: id,
    reach: { from: places, to: places, port, protocol: KIND[protocol] },
    expect: Object.fromEntries(places.map((from, at) => [from, row(at)])),
  };
}

/** The lab of one step, with the tables' own addresses. */
export function labOfStep(step: PolicyStep, options: PolicyLabOptions): Lab {
  const { lab } = loadLabText(fileOfStep(step, options), "conformance.yaml");
  const pods = podsOfStep(step);
  const [cluster] = lab.clusters;
  if (cluster === undefined) throw new Error("the lab has no cluster");
  const placed = cluster.pods.map((pod) => {
    const given = pods.get(`${pod.namespace}/${pod.name}`)?.addresses[0];
    const node = cluster.nodes.find((it) => it.name === pod.node);
    const fits = given !== undefined && node?.podCIDR.ipv4?.startsWith(given.replace(/\d+$/, "")) === true;
    return fits ? { ...pod, address: { ...pod.address, ipv4: given } } : pod;
  });
  return { ...lab, clusters: [{ ...cluster, pods: placed }] };
}

function probeQuestions(probes: readonly PolicyProbe[], lab: Lab, family: "ipv4" | "ipv6"): readonly Question[] {
  const address = new Map(lab.clusters[0]?.pods.map((pod) => [pod.ns, pod.address[family] ?? ""]));
  return probes.map(({ from, to, port, protocol, allowed }) => ({
    probe: { kind: KIND[protocol], ns: from, to: address.get(to) ?? "", port, timeout: FIRST_TIMEOUT },
    text: `${from} to ${to} ${protocol} ${port} (${family})`,
    allowed,
  }));
}

const KIND = { TCP: "tcp", UDP: "udp", SCTP: "sctp" } as const;

function questions(table: PolicyTable, lab: Lab, family: "ipv4" | "ipv6"): readonly Question[] {
  const port = typeof table.port === "number" ? table.port : Number(/\d+/.exec(table.port)?.[0]);
  const kind = KIND[table.protocol];
  const address = new Map(lab.clusters[0]?.pods.map((pod) => [pod.ns, pod.address[family] ?? ""]));
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

/** The tables are Kubernetes'; where a network plugin's switches say that it means something else, that is what is asked for. */
function asPluginMeans(question: Question, { clusters: [cluster] }: Lab): Question {
  if (cluster === undefined) return question;
  const { probe } = question;
  if (probe.kind !== "tcp" && probe.kind !== "udp" && probe.kind !== "sctp") return question;
  const from = cluster.pods.find(({ ns }) => ns === probe.ns);
  const address = from === undefined ? undefined : Object.values(from.address).find((one) => one.includes(":") === probe.to.includes(":")); // prettier-ignore
  if (from === undefined || address === undefined) return question;
  const packet = {
    from: { pod: from, address },
    to: { address: probe.to },
    protocol: probe.kind.toUpperCase() as "TCP" | "UDP" | "SCTP",
    port: probe.port,
  };
  const world = policyWorld(cluster);
  const meant = evaluate(world, packet).allowed;
  return evaluate({ ...world, switches: DEFAULT_SWITCHES }, packet).allowed === meant
    ? question
    : { ...question, allowed: meant };
}

export class PolicyLab {
  /** Steps in which the plugin means something else by its switches. */
  readonly otherwise = new Set<string>();
  readonly #options: PolicyLabOptions;
  readonly #lab: AskedLab;

  constructor(options: PolicyLabOptions) {
    this.#options = options;
    this.#lab = new AskedLab(options.driver);
  }

  async run(step: PolicyStep): Promise<StepReport> {
    const lab = labOfStep(step, this.#options);
    // An address of the tables is IPv4: of IPv6 they say nothing then.
    const families = /ipBlock|\/32"/.test(JSON.stringify(step.manifests)) ? (["ipv4"] as const) : lab.families;
    const asked = families.flatMap((family) => [
      ...step.tables.flatMap((table) => questions(table, lab, family)),
      ...probeQuestions(step.probes ?? [], lab, family),
    ]);
    const all = asked.map((question) => asPluginMeans(question, lab));
    if (all.some(({ allowed }, i) => allowed !== asked[i]?.allowed)) this.otherwise.add(step.id);
    const report = await this.#lab.ask(step.id, lab, all);
    const { probes } = step;
    if (probes === undefined) return report;
    const others = await Promise.all(
      families.map((family) => otherVoices(this.#lab.client, lab, step.id, probes, family)),
    );
    return { ...report, disagreements: [...report.disagreements, ...others.flat()] };
  }

  /** What would still have to be done for a step. */
  async left(step: PolicyStep): Promise<readonly string[]> {
    return this.#lab.left(labOfStep(step, this.#options));
  }

  async down(): Promise<void> {
    return this.#lab.down();
  }
}
