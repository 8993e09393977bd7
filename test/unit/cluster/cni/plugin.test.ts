/**
 * Addresses that do not come from a part of the pod network per node: blocks that a node claims when it needs one and borrows from
 * when there is none left (Calico), and one ring for all (Weave). The plugins are dummies; all else is real.
 */
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { NetworkPlugin, PodAttachment, PodIpam } from "../../../../src/cluster/cni/plugin.ts";
import { DEFAULT_SWITCHES } from "../../../../src/cluster/policy/switches.ts";
import { newRoute } from "../../../../src/fabric/specs.ts";
import { Pool } from "../../../../src/kube/pod/ipam.ts";
import type { PodPool } from "../../../../src/kube/pod/ipam.ts";
import type { Address, Prefix } from "../../../../src/net/address.ts";
import { formatPrefix, subPrefix } from "../../../../src/net/address.ts";
import type { Family, PerFamily } from "../../../../src/net/family.ts";
import { perFamily } from "../../../../src/net/families.ts";

// Other files of this worker have made the schema without the dummies, and must not meet them.
vi.resetModules();
const { pathText } = await import("../../../../src/cluster/cni/path-text.ts");
const { NETWORK_PLUGINS } = await import("../../../../src/cluster/cni/registry.ts");
const { loadLabText } = await import("../../../../src/load/load-lab.ts");
const { planResources } = await import("../../../../src/plan/plan-lab.ts");
const { diagnose, clusterLab, pod } = await import("../../load/diagnose.ts");
const { pick, routes, rules } = await import("../planned.ts");
afterAll(() => {
  vi.resetModules();
});

const mapped = <T, U>(all: PerFamily<T>, make: (one: T, family: Family) => U): PerFamily<U> =>
  Object.fromEntries(perFamily(all as never).map(([family, one]) => [family, make(one as T, family)]));

/** Blocks of four addresses, all of them ordinary. */
class Blocks {
  readonly #whole: Prefix;
  readonly #blocks: { readonly owner: string; readonly pool: Pool }[] = [];

  constructor(whole: Prefix) {
    this.#whole = whole;
  }

  of(node: string): PodPool {
    const all = (): readonly Pool[] => this.#blocks.map(({ pool }) => pool);
    const next = (who: string): Address | undefined => {
      for (const { owner, pool } of this.#blocks) {
        const found = owner === node ? pool.next(who) : undefined;
        if (found !== undefined) return found;
      }
      const block = subPrefix(this.#whole, this.#whole.length + 2, this.#blocks.length);
      if (block !== undefined) {
        this.#blocks.push({ owner: node, pool: new Pool(block, 1n) });
        return next(who);
      }
      return all()
        .map((pool) => pool.next(who))
        .find((one) => one !== undefined);
    };
    return {
      has: (address) => all().some((pool) => pool.has(address)),
      take: (address, who) =>
        all()
          .find((pool) => pool.has(address))
          ?.take(address, who),
      skipTo: (address) =>
        all()
          .find((pool) => pool.has(address))
          ?.skipTo(address),
      next,
      last: next,
      text: `${formatPrefix(this.#whole)} has 4 blocks of 2 addresses`,
    };
  }
}

const nothing = { nodeRanges: () => [] };

const blocks: PodIpam = {
  ...nothing,
  pools: (_nodes, podCIDR) => {
    const perNode = mapped(podCIDR, (whole) => new Blocks(whole));
    return { of: (node) => mapped(perNode, (one) => one.of(node.name)) };
  },
};

const ring: PodIpam = {
  ...nothing,
  pools: (_nodes, podCIDR) => {
    const shared = mapped(podCIDR, (whole) => new Pool(whole, 1n));
    return { of: () => shared };
  },
};

/** A veth, and a host route on the node: nothing that would ask for a part of the node's. */
const routed: PodAttachment = {
  devices({ pod: one, inside, onNode }, links) {
    const addresses = perFamily(one.address).map(([family, address]) => ({
      address: `${address}/${family === "ipv4" ? 32 : 128}`,
      cause: one.cause,
    }));
    inside.addInterface({ name: "eth0", addresses, cause: one.cause });
    onNode.addInterface({ name: one.vethName, cause: one.cause });
    links.push({
      endpoints: [
        { node: one.ns, interface: "eth0" },
        { node: one.node, interface: one.vethName },
      ],
      cause: one.cause,
    });
  },
  rules({ pod: one, onNode }) {
    for (const [family, to] of perFamily(one.address))
      onNode.add(
        newRoute({ to: `${to}/${family === "ipv4" ? 32 : 128}`, family, dev: one.vethName, cause: one.cause }),
      );
  },
};

const dummy = (name: string, ipam: PodIpam): NetworkPlugin => ({
  name,
  lesson: "",
  schema: ({ z }) => z.strictObject({ plugin: z.literal(name) }),
  plain: { plugin: name },
  resolve: (_doc, _facts, scope) => ({ plugin: name, cause: scope.cause("spec.cluster.cni", name) }),
  ipam,
  claimMarks() {},
  requirements: () => [],
  switches: DEFAULT_SWITCHES,
  bridged: () => false,
  overhead: () => 0,
  nodeDevices() {},
  nodeRules() {},
  attachment: () => routed,
  nodeAddresses: () => [],
  path: (cluster, { node, pod: one }, _to, family) => ({
    source: (one ?? node).address[family] ?? "",
    masquerades: false,
    mtu: cluster.mtu,
  }),
  tunnelPorts: () => [],
});

beforeAll(() => {
  const plugins = NETWORK_PLUGINS as Map<string, NetworkPlugin>;
  for (const plugin of [dummy("blocks", blocks), dummy("ring", ring)]) plugins.set(plugin.name, plugin);
});

const SERVICE =
  "apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec: { selector: { app: web }, ports: [{ port: 80 }] }";

const text = (plugin: string, count: number, podCIDR = "10.9.0.0/28"): string =>
  clusterLab(
    `    nodes: [node1, node2]\n    podCIDR: ${podCIDR}\n    flat: true\n    dns: false\n    cni: { plugin: ${plugin} }`,
    ...Array.from({ length: count }, (_, i) => pod(`p${i}`, `, nodeName: node${1 + (i % 2)}`)),
    SERVICE,
  );

describe("a path in words", () => {
  it.each([
    [
      "flannel",
      "through flannel.1 to node2, 50 bytes around each packet; at most 1450 bytes",
      "across the bridge of node1; at most 1450 bytes",
    ],
    ["kindnet", "by a plain route to node2; at most 1500 bytes", "routed by node1; at most 1500 bytes"],
  ])("%s", (plugin, far, near) => {
    const nodes = `    nodes: [node1, node2]\n    cni: { plugin: ${plugin} }`;
    const { lab } = loadLabText(
      clusterLab(nodes, pod("a", ", nodeName: node1"), pod("b", ", nodeName: node2")),
      "lab.yaml",
    );
    const [cluster] = lab.clusters;
    const [node1, node2] = cluster?.nodes ?? [];
    const [a, b] = cluster?.pods ?? [];
    if (cluster === undefined || node1 === undefined || node2 === undefined) throw new Error("no cluster");
    const from = { node: node1, pod: a };
    expect(pathText(cluster, from, { node: node2, pod: b }, "ipv4")).toBe(`${plugin}: ${far}`);
    expect(pathText(cluster, from, { node: node1, pod: a }, "ipv4")).toBe(`${plugin}: ${near}`);
  });
});

describe("addresses outside of every node's part", () => {
  const addresses = (plugin: string, count: number): readonly string[] =>
    (loadLabText(text(plugin, count), "lab.yaml").lab.clusters[0]?.pods ?? []).map(({ address }) => address.ipv4 ?? "");

  it("from blocks that nodes claim in turn, and borrow from when there is none left", () => {
    // Each block has two that pods may have here: .1 and .2 of four.
    expect(addresses("blocks", 6)).toEqual(["10.9.0.1", "10.9.0.5", "10.9.0.2", "10.9.0.6", "10.9.0.9", "10.9.0.13"]);
    expect(addresses("blocks", 8).slice(6)).toEqual(["10.9.0.10", "10.9.0.14"]);
    const alone = text("blocks", 12).replaceAll("nodeName: node2", "nodeName: node1");
    expect(diagnose(alone).join()).toMatch(/exhausted pool: 10\.9\.0\.0\/28 has 4 blocks of 2 addresses/);
  });

  it("from one ring for all nodes", () => {
    expect(addresses("ring", 4)).toEqual(["10.9.0.1", "10.9.0.2", "10.9.0.3", "10.9.0.4"]);
  });

  it.each(["blocks", "ring"])("%s: nodes have no podCIDR, and nothing asks for one", (plugin) => {
    const { lab } = loadLabText(text(plugin, 4), "lab.yaml");
    expect(lab.clusters[0]?.nodes.map(({ podCIDR }) => podCIDR)).toEqual([{}, {}]);
    const all = planResources(lab);
    const [first = ""] = addresses(plugin, 4);
    expect(routes(all, "node1").join()).toContain(`${first}/32 via  dev veth`);
    // A flat cluster's router leads to each pod.
    expect(routes(all, "router")).toContain(`${first}/32 via 192.168.50.11 dev eth0`);
    // kube-proxy knows pods by the whole range.
    expect(rules(all, "node1", "ipv4", "nat").join("\n")).toContain("! -s 10.9.0.0/28");
    expect(pick(all, "netns", "default/p0")).toHaveLength(1);
  });
});
