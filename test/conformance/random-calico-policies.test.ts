/**
 * Policies of Calico's by chance, always the same: tiers with Pass, orders, network sets, service accounts, negated matches, host endpoints
 * with forwarded traffic, in one lab that is converged each time. What the oracle says must be what the nodes' rules say, and what packets
 * find.
 */
import { describe, it } from "vitest";
import { PolicyRules } from "../../src/installed/policy-rules.ts";
import { podDevicesOf } from "../../src/cluster/pod-devices.ts";
import { policyWorld } from "../../src/cluster/policy/policy-world.ts";
import { loadLabText } from "../../src/load/load-lab.ts";
import type { Lab } from "../../src/lab/lab.ts";
import type { PolicyPath } from "../../src/oracle/policy/policy-path.ts";
import { policyPaths } from "../../src/oracle/policy/policy-path.ts";
import { FIRST_TIMEOUT } from "./asked-lab.ts";
import type { Question } from "./asked-lab.ts";
import { Chance } from "./chance.ts";
import { askWorlds } from "./random-worlds.ts";

const isRoot = process.getuid?.() === 0;
const STEPS = 8;
const POLICIES = 14;
const PORTS = [80, 81, 6443];
const SERVERS = PORTS.flatMap((port) => [port, `${port}/udp`]);
const VERSION = "projectcalico.org/v3";

type Fields = Readonly<Record<string, unknown>>;

class Author {
  readonly #chance: Chance;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  selector(): string {
    const chance = this.#chance;
    return chance.of([
      "all()",
      `app == "${chance.of(["a", "b", "c"])}"`,
      `app in {"a", "${chance.of(["b", "c"])}"}`,
      `app != "${chance.of(["a", "b"])}"`,
      'has(app) && !(app starts with "a")',
      `pcsa.duty == "${chance.of(["one", "two"])}"`,
      `role == "${chance.of(["net", "host"])}" || app == "c"`,
    ]);
  }

  #entity(served: boolean): Fields {
    const chance = this.#chance;
    const namespace = chance.yes(0.3)
      ? { namespaceSelector: chance.of(["all()", "global()", 'team == "red"', 'projectcalico.org/name == "y"']) }
      : {};
    const accounts = chance.yes(0.1) ? { serviceAccounts: { names: [chance.of(["one", "two"])] } } : {};
    return {
      ...(chance.yes(0.5) ? { selector: this.selector() } : {}),
      ...(chance.yes(0.2) ? { notSelector: `app == "${chance.of(["a", "b"])}"` } : {}),
      ...namespace,
      ...accounts,
      ...(chance.yes(0.15) ? { nets: [chance.of(["10.244.0.0/16", "192.168.50.0/24", "10.244.0.0/27"])] } : {}),
      ...(chance.yes(0.1) ? { notNets: ["10.244.0.64/26", "192.168.50.11/32"] } : {}),
      ...(served && chance.yes(0.5) ? { ports: [chance.of<unknown>([80, "80:81", "web", 81]), "web"] } : {}),
      ...(served && chance.yes(0.2) ? { notPorts: [chance.of<unknown>([81, "80:81"])] } : {}),
    };
  }

  #rule(): Fields {
    const chance = this.#chance;
    const protocol = chance.of<string | number | undefined>(["TCP", "UDP", 6, undefined]);
    const not = protocol === undefined && chance.yes(0.3) ? { notProtocol: "UDP" } : {};
    return {
      action: chance.of(["Allow", "Allow", "Deny", "Pass", "Log"]),
      ...(protocol === undefined ? {} : { protocol }),
      ...not,
      source: this.#entity(false),
      destination: this.#entity(protocol !== undefined),
    };
  }

  policy(name: string): Fields {
    const chance = this.#chance;
    const isGlobal = chance.yes(0.5);
    const rules = (): readonly Fields[] => chance.some(3, () => this.#rule());
    const order = chance.yes(0.8) ? { order: Math.floor(chance.next() * 6) } : {};
    const types = chance.of([["Ingress"], ["Egress"], ["Ingress", "Egress"]]);
    const scope = isGlobal
      ? { applyOnForward: chance.yes(0.3), ...(chance.yes(0.3) ? { namespaceSelector: 'team == "red"' } : {}) }
      : {};
    return {
      apiVersion: VERSION,
      kind: isGlobal ? "GlobalNetworkPolicy" : "NetworkPolicy",
      metadata: { name, ...(isGlobal ? {} : { namespace: chance.of(["x", "y"]) }) },
      spec: {
        tier: chance.of(["first", "second", "default"]),
        selector: this.selector(),
        types,
        ...order,
        ...scope,
        ...(types.includes("Ingress") ? { ingress: rules() } : {}),
        ...(types.includes("Egress") ? { egress: rules() } : {}),
      },
    };
  }

  hosts(): readonly Fields[] {
    const chance = this.#chance;
    if (chance.yes(0.4)) return [];
    const of = (name: string, node: string, interfaceName: string): Fields => ({
      apiVersion: VERSION,
      kind: "HostEndpoint",
      metadata: { name, labels: { role: "host" } },
      spec: {
        node,
        interfaceName,
        expectedIPs: ["192.168.50.11"],
        profiles: chance.yes(0.5) ? ["projectcalico-default-allow"] : [],
      },
    });
    return chance.of([
      [of("h1", "n1", "eth0")],
      [of("h2", "n2", "*")],
      [of("h1", "n1", "eth0"), of("h2", "n2", "eth0")],
    ]);
  }
}

const tier = (name: string, order: number, defaultAction: string): Fields => ({
  apiVersion: VERSION,
  kind: "Tier",
  metadata: { name },
  spec: { order, defaultAction },
});

/** Four pods of two namespaces on two nodes: each has its own labels. */
const WORLD: readonly Fields[] = [
  { apiVersion: "v1", kind: "Namespace", metadata: { name: "x", labels: { team: "red" } } },
  { apiVersion: "v1", kind: "Namespace", metadata: { name: "y", labels: { team: "blue" } } },
  ...["x", "y"].flatMap((namespace, i) => [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { namespace, name: "one", labels: { duty: "one" } } },
    ...["a", "b", "c"].map((app, j) => ({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { namespace, name: app, labels: { app } },
      spec: {
        nodeName: (i + j) % 2 === 0 ? "n1" : "n2",
        ...(app === "a" ? { serviceAccountName: "one" } : {}),
        containers: [
          {
            name: "server",
            image: "server",
            ports: PORTS.flatMap((port) =>
              ["TCP", "UDP"].map((protocol) => ({
                containerPort: port,
                protocol,
                ...(port === 81 && protocol === "TCP" ? { name: "web" } : {}),
              })),
            ),
          },
        ],
      },
    })),
  ]),
  tier("first", 10, "Deny"),
  tier("second", 20, "Pass"),
  {
    apiVersion: VERSION,
    kind: "GlobalNetworkSet",
    metadata: { name: "net", labels: { role: "net" } },
    spec: { nets: ["192.168.50.12/32", "10.244.0.0/30"] },
  },
];

function labOf(name: string, objects: readonly Fields[], cni: Fields, kubeProxy: string): Lab {
  const lab = {
    apiVersion: "k8snet-lab/v1",
    kind: "Lab",
    metadata: { name },
    spec: {
      cluster: { nodes: ["n1", "n2"], dns: false, cni: { plugin: "calico", ...cni }, kubeProxy },
      topology: { nodes: { n1: { servers: SERVERS }, n2: { servers: SERVERS } } },
    },
  };
  return loadLabText([lab, ...WORLD, ...objects].map((it) => JSON.stringify(it)).join("\n---\n"), "random.yaml").lab;
}

interface Asked extends Question {
  readonly path: PolicyPath;
}

function questions(lab: Lab, chance: Chance): readonly Asked[] {
  const [cluster] = lab.clusters;
  if (cluster === undefined) return [];
  const world = policyWorld(cluster);
  const nodes = cluster.nodes.map(({ name, address }) => ({ text: name, ns: name, node: name, addresses: address }));
  const pods = cluster.pods.map((pod) => ({ text: pod.ns, ns: pod.ns, node: pod.node, pod, addresses: pod.address }));
  return [...pods, ...nodes].flatMap((from) =>
    [...pods, ...nodes].flatMap((to): Asked[] => {
      const address = to.addresses.ipv4;
      if (from.ns === to.ns || address === undefined) return [];
      const protocol = chance.of<"TCP" | "UDP">(["TCP", "TCP", "UDP"]);
      const port = chance.of([80, 81, 80, 81, 6443]);
      const [path] = policyPaths(cluster, world, from, { address, port }, protocol, "ipv4") ?? [];
      if (path === undefined) return [];
      const kind = protocol === "TCP" ? "tcp" : "udp";
      return [
        {
          probe: { kind, ns: from.ns, to: address, port, timeout: FIRST_TIMEOUT },
          text: `${from.ns} to ${to.ns} ${protocol} ${port}`,
          allowed: path.judgement.allowed,
          path,
        },
      ];
    }),
  );
}

const WORLDS = [
  { seed: 1, cni: { encapsulation: "VXLAN" }, kubeProxy: "iptables" },
  { seed: 2, cni: { encapsulation: "None", flowLogs: true }, kubeProxy: "iptables" },
  { seed: 3, cni: { encapsulation: "VXLAN", linuxDataplane: "Nftables", flowLogs: true }, kubeProxy: "nftables" },
];

describe.skipIf(!isRoot)(`random policies of Calico's${isRoot ? "" : " (needs root)"}`, () => {
  it.for(WORLDS)("world $seed, $cni", { timeout: 120_000 }, async ({ seed, cni, kubeProxy }) => {
    const chance = new Chance(seed);
    const author = new Author(chance);
    function* worlds() {
      for (let step = 0; step < STEPS; step++) {
        const policies = Array.from({ length: POLICIES }, (_, i) => author.policy(`p${i}`));
        const objects = [...policies, ...author.hosts()];
        const lab = labOf(`random-calico-${seed}`, objects, cni, kubeProxy);
        yield { step: `${seed}.${step}`, lab, questions: questions(lab, chance), objects };
      }
    }
    await askWorlds(worlds(), async (client, { lab: { clusters }, questions: all }) => {
      const [cluster] = clusters;
      if (cluster === undefined) throw new TypeError("no cluster");
      const rules = await PolicyRules.read(client, cluster, ["n1", "n2"], "ipv4", podDevicesOf);
      return all.flatMap(({ path, text, allowed }) => {
        const read = rules.judge(path);
        return read?.allowed === allowed ? [] : [`${text}: oracle ${allowed}, ${read?.text}`];
      });
    });
  });
});
