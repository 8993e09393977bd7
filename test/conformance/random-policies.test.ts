/**
 * Policies and worlds by chance, always the same: policies come, change and go, labels of pods and namespaces change, pods come
 * and go, the backend changes, in one lab that is converged each time. What the oracle says must be what packets find.
 */
import { describe, it } from "vitest";
import { loadLabText } from "../../src/load/load-lab.ts";
import type { Lab } from "../../src/lab/lab.ts";
import { evaluate } from "../../src/oracle/policy/policy-oracle.ts";
import { policyWorld } from "../../src/cluster/policy/policy-world.ts";
import { FIRST_TIMEOUT } from "./asked-lab.ts";
import type { Question } from "./asked-lab.ts";
import { Chance } from "./chance.ts";
import { askWorlds } from "./random-worlds.ts";

const isRoot = process.getuid?.() === 0;
const STEPS = 14;
const NAMESPACES = ["x", "y", "z"];
const PORTS = [80, 81, 90];
const NODE_SERVERS = PORTS.flatMap((port) => [port, `${port}/udp`]);
const PROTOCOLS = ["TCP", "UDP", "SCTP"] as const;

type Labels = Record<string, string>;
interface State {
  readonly namespaces: Map<string, Labels>;
  readonly pods: Map<string, { labels: Labels; node: string; named: number }>;
  readonly policies: Map<string, unknown>;
}

class Author {
  readonly #chance: Chance;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  labels(): Labels {
    const chance = this.#chance;
    return {
      ...(chance.yes(0.8) ? { app: chance.of(["a", "b", "c"]) } : {}),
      ...(chance.yes(0.4) ? { tier: chance.of(["front", "back"]) } : {}),
    };
  }

  selector(): unknown {
    const chance = this.#chance;
    if (chance.yes(0.2)) return {};
    const expression = (): unknown => {
      const operator = chance.of(["In", "NotIn", "Exists", "DoesNotExist"]);
      const values = operator.endsWith("In")
        ? { values: ["a", ...chance.some(1, () => chance.of(["b", "front"]))] }
        : {};
      return { key: chance.of(["app", "tier"]), operator, ...values };
    };
    return {
      ...(chance.yes(0.6) ? { matchLabels: { app: chance.of(["a", "b", "c"]) } } : {}),
      ...(chance.yes(0.4) ? { matchExpressions: [expression()] } : {}),
    };
  }

  peer(): unknown {
    const chance = this.#chance;
    if (chance.yes(0.2)) {
      const third = chance.of([0, 1]);
      return {
        ipBlock: {
          cidr: chance.of(["10.244.0.0/16", `10.244.${third}.0/24`]),
          except: [`10.244.${third}.2/32`, `10.244.${third}.4/30`],
        },
      };
    }
    if (chance.yes(0.1)) return { ipBlock: { cidr: "fd00:10:244::/56" } };
    const both = chance.yes(0.4);
    return {
      ...(both || chance.yes(0.5) ? { namespaceSelector: this.#namespaceSelector() } : {}),
      ...(both || chance.yes(0.5)
        ? { podSelector: this.selector() }
        : { namespaceSelector: this.#namespaceSelector() }),
    };
  }

  #namespaceSelector(): unknown {
    const chance = this.#chance;
    return chance.of<unknown>([
      {},
      { matchLabels: { team: chance.of(["red", "blue"]) } },
      { matchLabels: { "kubernetes.io/metadata.name": chance.of(["x", "y", "z"]) } },
      { matchExpressions: [{ key: "team", operator: "NotIn", values: ["red"] }] },
    ]);
  }

  port(): unknown {
    const chance = this.#chance;
    const protocol = chance.of(PROTOCOLS);
    return chance.of<unknown>([
      { protocol, port: chance.of([80, 81, 90]) },
      { port: 80 },
      { protocol, port: 80, endPort: chance.of([80, 81, 95]) },
      { protocol },
      { protocol, port: `named-${protocol.toLowerCase()}` },
    ]);
  }

  policy(namespace: string, name: string): unknown {
    const chance = this.#chance;
    const rules = (key: string): unknown =>
      chance.some(2, () => ({
        ...(chance.yes(0.8) ? { [key]: chance.some(3, () => this.peer()) } : {}),
        ...(chance.yes(0.6) ? { ports: chance.some(3, () => this.port()) } : {}),
      }));
    const policyTypes = chance.of([["Ingress"], ["Egress"], ["Ingress", "Egress"]]);
    return {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: { namespace, name },
      spec: { podSelector: this.selector(), policyTypes, ingress: rules("from"), egress: rules("to") },
    };
  }

  #clusterPeer(direction: "ingress" | "egress"): unknown {
    const chance = this.#chance;
    const podPeer = chance.of<unknown>([
      { namespaces: this.#namespaceSelector() },
      { pods: { namespaceSelector: this.#namespaceSelector(), podSelector: this.selector() } },
    ]);
    if (direction === "ingress" || chance.yes(0.6)) return podPeer;
    return chance.of<unknown>([
      { nodes: chance.of<unknown>([{}, { matchLabels: { role: "a" } }]) },
      { networks: ["192.168.50.0/24"] },
      { networks: [chance.of(["10.244.0.0/24", "10.244.1.0/30"]), "fd00:10:244:1::/64"] },
      { networks: ["0.0.0.0/0", "::/0"] },
    ]);
  }

  #clusterPort(named: boolean): unknown {
    const chance = this.#chance;
    const word = chance.of(["tcp", "udp", "sctp"]);
    if (named && chance.yes(0.3)) return { destinationNamedPort: `named-${word}` };
    return {
      [word]: {
        destinationPort: chance.of<unknown>([
          { number: chance.of([80, 81, 90]) },
          { range: { start: 80, end: chance.of([81, 95]) } },
        ]),
      },
    };
  }

  /** Of either version of the API. */
  clusterPolicy(name: string): unknown {
    const chance = this.#chance;
    const rules = (direction: "ingress" | "egress"): unknown =>
      chance.some(3, () => {
        const peers = [this.#clusterPeer(direction), ...chance.some(1, () => this.#clusterPeer(direction))];
        const named = !JSON.stringify(peers).match(/"nodes"|"networks"/);
        return {
          action: chance.of(["Accept", "Deny", "Pass"]),
          [direction === "ingress" ? "from" : "to"]: peers,
          ...(chance.yes(0.6) ? { protocols: [this.#clusterPort(named)] } : {}),
        };
      });
    const subject = chance.of<unknown>([
      { namespaces: this.#namespaceSelector() },
      { pods: { namespaceSelector: this.#namespaceSelector(), podSelector: this.selector() } },
    ]);
    const [tier, priority] = [chance.of(["Admin", "Baseline"]), Math.floor(chance.next() * 50)];
    const spec = { tier, priority, subject, ingress: rules("ingress"), egress: rules("egress") };
    return {
      apiVersion: "policy.networking.k8s.io/v1alpha2",
      kind: "ClusterNetworkPolicy",
      metadata: { name },
      spec,
    };
  }

  /** One thing changes, as in a living cluster; now and then several. */
  change(state: State): void {
    const chance = this.#chance;
    const namespace = chance.of(["x", "y", "z"]);
    const pod = `${namespace}/${chance.of(["a", "b", "c", "d"])}`;
    const known = state.pods.get(pod);
    const what = chance.of(["policy", "policy", "cluster", "cluster", "drop", "labels", "team", "pod"]);
    const name = chance.of(["p1", "p2", "p3"]);
    if (what === "policy") state.policies.set(`${namespace}/${name}`, this.policy(namespace, name));
    else if (what === "cluster") state.policies.set(`cnp/${name}`, this.clusterPolicy(name));
    else if (what === "drop") state.policies.delete([...state.policies.keys()][0] ?? "");
    else if (what === "team")
      state.namespaces.set(namespace, chance.yes(0.3) ? {} : { team: chance.of(["red", "blue"]) });
    else if (what === "labels" && known !== undefined) known.labels = this.labels();
    else if (what === "pod" && known !== undefined && pod.endsWith("/d")) state.pods.delete(pod);
    else if (known === undefined) this.addPod(state, pod);
  }

  addPod(state: State, pod: string): void {
    const chance = this.#chance;
    state.pods.set(pod, { labels: this.labels(), node: chance.of(["n1", "n2"]), named: chance.of([80, 81]) });
  }
}

function labOf(name: string, backend: string, state: State): Lab {
  const pods = [...state.pods]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([pod, { labels, node, named }]) => {
      const [namespace, own] = pod.split("/");
      const port = (containerPort: number, protocol: string): unknown => ({
        ...(containerPort === named ? { name: `named-${protocol.toLowerCase()}` } : {}),
        containerPort,
        protocol,
      });
      const containers = [
        { name: "server", image: "server", ports: PORTS.flatMap((it) => [port(it, "TCP"), port(it, "UDP")]) },
        // A kernel without SCTP can have no server for it; the declared port alone gives it its name.
        { name: "sctp", image: "none", command: ["sleep", "1000000"], ports: PORTS.map((it) => port(it, "SCTP")) },
      ];
      return {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { namespace, name: own, labels },
        spec: { nodeName: node, containers },
      };
    });
  const documents = [
    {
      apiVersion: "k8snet-lab/v1",
      kind: "Lab",
      metadata: { name },
      spec: {
        cluster: {
          nodes: [{ name: "n1", labels: { role: "a" } }, "n2"],
          nodeCIDR: ["192.168.50.0/24", "fd00:50::/64"],
          podCIDR: ["10.244.0.0/16", "fd00:10:244::/56"],
          networkPolicy: { backend },
        },
        topology: { nodes: { n1: { servers: NODE_SERVERS }, n2: { servers: NODE_SERVERS } } },
      },
    },
    ...[...state.namespaces].map(([own, labels]) => ({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: own, labels },
    })),
    ...pods,
    ...state.policies.values(),
  ];
  return loadLabText(documents.map((it) => JSON.stringify(it)).join("\n---\n"), "random.yaml").lab;
}

function questions(lab: Lab, chance: Chance): readonly Question[] {
  const [cluster] = lab.clusters;
  if (cluster === undefined) return [];
  const world = policyWorld(cluster);
  const nodes = cluster.nodes.map(({ name, address }) => ({ ns: name, address, node: name }));
  return cluster.pods.flatMap((from) =>
    [...cluster.pods, ...nodes].flatMap((to) =>
      (["ipv4", "ipv6"] as const).flatMap((family): Question[] => {
        const [source, destination] = [from.address[family], to.address[family]];
        if (from === to || source === undefined || destination === undefined) return [];
        const isNode = nodes.some((node) => node === to);
        const port = chance.of([80, 81, 90]);
        const protocol = isNode ? chance.of<"TCP" | "UDP">(["TCP", "UDP"]) : chance.of(PROTOCOLS);
        const kind = ({ TCP: "tcp", UDP: "udp", SCTP: "sctp" } as const)[protocol];
        const { allowed } = evaluate(world, {
          from: { pod: from, address: source },
          to: "namespace" in to ? { pod: to, address: destination } : { address: destination },
          protocol,
          port,
        });
        return [
          {
            probe: { kind, ns: from.ns, to: destination, port, timeout: FIRST_TIMEOUT },
            text: `${from.ns} to ${to.ns} ${protocol} ${port} (${family})`,
            allowed,
          },
        ];
      }),
    ),
  );
}

describe.skipIf(!isRoot)(`random policies${isRoot ? "" : " (needs root)"}`, () => {
  it.for([1, 2])("world %i", { timeout: 120_000 }, async (seed) => {
    const chance = new Chance(seed);
    const author = new Author(chance);
    const state: State = {
      namespaces: new Map(NAMESPACES.map((name) => [name, {}])),
      pods: new Map(),
      policies: new Map(),
    };
    for (const namespace of NAMESPACES) for (const pod of ["a", "b", "c"]) author.addPod(state, `${namespace}/${pod}`);
    function* worlds() {
      for (let step = 0; step < STEPS; step++) {
        for (let changes = chance.of([1, 2, 4]); changes > 0; changes--) author.change(state);
        const backend = Math.floor((step + seed) / 4) % 2 === 0 ? "iptables" : "nftables";
        const lab = labOf(`random-${seed}`, backend, state);
        const objects = [...state.policies.values()];
        yield { step: `${seed}.${step} ${backend}`, lab, questions: questions(lab, chance), objects };
      }
    }
    await askWorlds(worlds());
  });
});
