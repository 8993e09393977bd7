/**
 * MetalLB's announcements in real namespaces: computed under one network plugin, and by Debian's BIRD 2 under another, where it runs
 * beside the plugin's own BIRD. Both must end in the same routes, and packets of the internet must arrive.
 *
 *     n1 (web), n2 (web), n3 — router — internet
 */
import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AgentClient } from "../../src/agent/client.ts";
import { isInPath } from "../../src/drivers/host-fitness.ts";
import { getDriver } from "../../src/drivers/registry.ts";
import { loadLabText } from "../../src/load/load-lab.ts";
import { planResources } from "../../src/plan/plan-lab.ts";
import type { Resource } from "../../src/resources/resource.ts";
import { eventually } from "../wait.ts";
import { agentIds, differences, down, leftovers, up } from "./agent-lab.ts";

const object = (version: string, kind: string, name: string, spec: string): string =>
  `{ apiVersion: metallb.io/${version}, kind: ${kind}, metadata: { name: ${name}, namespace: metallb-system }, spec: { ${spec} } }`;
const pod = (name: string, node: string): string =>
  `{ apiVersion: v1, kind: Pod, metadata: { name: ${name}, labels: { app: web } }, spec: { nodeName: ${node}, containers: [ { name: c, image: x, ports: [ { containerPort: 80 } ] } ] } }`;
const service = (name: string, spec: string): string =>
  `{ apiVersion: v1, kind: Service, metadata: { name: ${name} }, spec: { type: LoadBalancer, ipFamilyPolicy: RequireDualStack, selector: { app: web }, ports: [ { port: 80 } ], ${spec} } }`;
const peer = (name: string, address: string): string =>
  object("v1beta2", "BGPPeer", name, `myASN: 64700, peerASN: 65000, peerAddress: "${address}", holdTime: 90s`);

/** `cluster`: further words of spec.cluster. `web2`: the node of the second pod. */
function text(name: string, cluster: string, web2 = "n2"): string {
  const whole = `nodes: [n1, n2, n3], nodeCIDR: [192.168.50.0/24, "fd00:50::/64"], podCIDR: [10.244.0.0/16, "fd00:10:244::/56"], dns: false, router: { bgp: { asNumber: 65000 } }, ${cluster}`;
  return [
    `{ apiVersion: k8snet-lab/v1, kind: Lab, metadata: { name: ${name} }, spec: { cluster: { ${whole} } } }`,
    object("v1beta1", "IPAddressPool", "p", 'addresses: [198.51.100.0/28, "2001:db8:1::/120"]'),
    object("v1beta1", "BGPAdvertisement", "each", "communities: ['65000:80', 'large:65000:1:2']"),
    object("v1beta1", "BGPAdvertisement", "range", "aggregationLength: 28, peers: [four]"),
    peer("four", "192.168.50.1"),
    peer("six", "fd00:50::1"),
    service("all", ""),
    service("local", "externalTrafficPolicy: Local"),
    pod("web-1", "n1"),
    pod("web-2", web2),
  ].join("\n---\n");
}

/** Next hops of each prefix, as last parts of addresses. */
const EXPECTED = {
  "198.51.100.0": "11 12 13",
  "198.51.100.0/28": "11 12 13",
  "198.51.100.1": "11 12",
  "2001:db8:1::": "11 12 13",
  "2001:db8:1::1": "11 12",
};

interface Shown {
  readonly dst: string;
  readonly gateway?: string;
  readonly nexthops?: readonly { readonly gateway: string }[];
}

const driver = getDriver("netns");

class MetallbLab {
  readonly name: string;
  readonly #cluster: string;
  resources: readonly Resource[];
  client: AgentClient | undefined;
  ids: readonly string[] = [];

  constructor(name: string, cluster: string) {
    this.name = `metallb-${name}-${process.pid}`;
    this.#cluster = cluster;
    this.resources = this.planned();
  }

  planned(web2?: string): readonly Resource[] {
    return planResources(loadLabText(text(this.name, this.#cluster, web2), "lab.yaml").lab);
  }

  get agent(): AgentClient {
    if (this.client === undefined) throw new TypeError(`${this.name} is not up`);
    return this.client;
  }

  async start(): Promise<void> {
    this.client = await up(driver, this.name, this.resources);
    this.ids = agentIds(this.name);
  }

  async stop(): Promise<void> {
    await down(this.agent);
    expect(leftovers(this.name, this.ids)).toEqual([]);
  }

  shown(ns: string, ...argv: string[]): string {
    return execFileSync("ip", ["netns", "exec", `${this.name}.${ns}`, ...argv], { encoding: "utf8" });
  }

  routes(ns: string): Readonly<Record<string, string>> {
    const all = ["-4", "-6"].flatMap(
      (family) => JSON.parse(this.shown(ns, "ip", "-j", family, "route", "show", "proto", "bird") || "[]") as Shown[],
    );
    return Object.fromEntries(
      all
        .filter(({ dst }) => /^(198\.51|2001:db8:1:)/.test(dst))
        .map(({ dst, gateway = "", nexthops = [{ gateway }] }) => [
          dst,
          nexthops
            .map((one) => one.gateway.split(/[.:]/).at(-1) ?? "")
            .toSorted()
            .join(" "),
        ]),
    );
  }

  /** What the internet gets of a Service, in some attempts. */
  answers(address: string): ReadonlySet<string> {
    const get = (): string => this.shown("internet", "curl", "-s", "-m", "5", `http://${address}/clientip`);
    return new Set(Array.from({ length: 4 }, get).map((one) => one.replace(/:\d+$/, "")));
  }
}

const LABS = [
  { name: "computed", cluster: "cni: { plugin: kindnet }", needs: "ip", daemons: [] },
  { name: "bird", cluster: "loadBalancer: { bgp: { daemon: bird } }", needs: "bird", daemons: ["bird"] },
  {
    name: "two-birds",
    cluster: "cni: { plugin: calico, encapsulation: None, bgp: { daemon: bird } }",
    needs: "bird",
    daemons: ["bird", "metallb"],
  },
];

describe.each(LABS)("MetalLB, $name", (one) => {
  describe.skipIf(!isInPath(one.needs))(`with ${one.needs}`, () => {
    const lab = new MetallbLab(one.name, one.cluster);
    beforeAll(() => lab.start());
    afterAll(() => lab.stop());

    test("the router has the nodes that serve an address as next hops, and the internet the router", async () => {
      expect((await differences(lab.agent, lab.name, lab.resources)).operations).toEqual([]);
      expect(lab.routes("router")).toEqual(EXPECTED);
      expect(Object.keys(lab.routes("internet"))).toEqual(Object.keys(EXPECTED));
    });

    test("a BIRD of MetalLB runs where the lab asks for one, beside the plugin's own", () => {
      const daemons = lab.resources.flatMap((of) => (of.kind === "daemon" && of.ns === "n1" ? [of.name] : []));
      expect(daemons).toEqual(one.daemons);
    });

    test("nodes have neither address nor route", () => {
      for (const node of ["n1", "n2", "n3"]) {
        expect(lab.routes(node)).toEqual({});
        expect(lab.shown(node, "ip", "addr")).not.toContain("198.51.100.");
      }
    });

    test("packets of the internet arrive: with policy Local the pod sees who sent them", () => {
      expect([...lab.answers("198.51.100.1")]).toEqual(["203.0.113.10"]);
      expect([...lab.answers("198.51.100.0")]).not.toContain("203.0.113.10");
      expect([...lab.answers("[2001:db8:1::1]")].join()).toMatch(/^\[?2001:db8:/);
    });

    test("a pod that moves: the router hears of it", async () => {
      const moved = lab.planned("n3");
      const { operations } = await differences(lab.agent, lab.name, moved);
      const { failures } = await lab.agent.call("apply", { operations, mode: "converge", keep: true });
      expect(failures).toEqual([]);
      lab.resources = moved;
      const local = () => lab.routes("router")["198.51.100.1"];
      expect(await eventually(local, (found) => found === "11 13")).toBe("11 13");
      expect((await differences(lab.agent, lab.name, moved)).operations).toEqual([]);
    });
  });
});
