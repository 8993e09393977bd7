/**
 * Calico's BGP by Debian's BIRD 2, in both families: what its daemons write into the kernels is what the engine has computed, on nodes
 * that a reflector connects, with a filter, a router of another AS and Services.
 *
 *     n1, n2 — rr (same subnet)      n3 (another subnet)      router — internet
 */
import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AgentClient } from "../../src/agent/client.ts";
import { isInPath } from "../../src/drivers/host-fitness.ts";
import { getDriver } from "../../src/drivers/registry.ts";
import { loadLabText } from "../../src/load/load-lab.ts";
import { lockHolder, stateParent } from "../../src/agent/state-folder.ts";
import { planResources } from "../../src/plan/plan-lab.ts";
import type { Resource } from "../../src/resources/resource.ts";
import { eventually } from "../wait.ts";
import { agentIds, differences, down, leftovers, up } from "./agent-lab.ts";

const labName = (version: string): string => `bird-${version.replace(".", "-")}-${process.pid}`;

const object = (kind: string, name: string, spec: string): string =>
  `{ apiVersion: projectcalico.org/v3, kind: ${kind}, metadata: { name: ${name} }, spec: { ${spec} } }`;
const pod = (name: string, node: string): string =>
  `{ apiVersion: v1, kind: Pod, metadata: { name: ${name}, labels: { app: ${name} } }, spec: { nodeName: ${node}, containers: [ { name: c, image: x, ports: [ { containerPort: 80 } ] } ] } }`;

const RR = `{ name: rr, labels: { rr: "1" }, annotations: { projectcalico.org/RouteReflectorClusterID: 1.0.0.1 } }`;
const N3 = `{ name: n3, nodeCIDR: [192.168.60.0/24, "fd00:60::/64"] }`;
const CLUSTER = `nodes: [n1, n2, ${RR}, ${N3}], podCIDR: [10.244.0.0/16, "fd00:10:244::/56"], dns: false, router: { bgp: { asNumber: 65000 } }, loadBalancer: { cidr: 198.51.100.0/28 }`;

const text = (version: string): string =>
  [
    `{ apiVersion: k8snet-lab/v1, kind: Lab, metadata: { name: ${labName(version)} }, spec: { cluster: { ${CLUSTER}, cni: { plugin: calico, encapsulation: None, version: "${version}", bgp: { daemon: bird } } } } }`,
    object(
      "BGPConfiguration",
      "default",
      "nodeToNodeMeshEnabled: false, serviceClusterIPs: [{ cidr: 10.96.0.0/16 }], serviceLoadBalancerIPs: [{ cidr: 198.51.100.0/28 }], prefixAdvertisements: [{ cidr: 10.244.0.0/16, communities: ['65000:100'] }]",
    ),
    object("BGPPeer", "reflector", "nodeSelector: all(), peerSelector: has(rr), filters: [some]"),
    object("BGPPeer", "router", "peerIP: 192.168.50.1, asNumber: 65000, keepOriginalNextHop: true"),
    // n2's IPv4 block is not learned by the others from the reflector.
    object(
      "BGPFilter",
      "some",
      "importV4: [{ action: Reject, matchOperator: In, cidr: 10.244.0.64/26 }, { action: Accept }]",
    ),
    pod("a", "n1"),
    pod("b", "n2"),
    pod("c", "n3"),
    `{ apiVersion: v1, kind: Service, metadata: { name: local }, spec: { type: LoadBalancer, loadBalancerIP: 198.51.100.1, externalTrafficPolicy: Local, selector: { app: b }, ports: [ { port: 80 } ] } }`,
  ].join("\n---\n");

const VERSIONS = ["3.31", "3.32"] as const;
const driver = getDriver("netns");

/** A lab of each version. They start at once: most of it is waiting for BIRD's timers. */
class BirdLab {
  readonly name: string;
  readonly resources: readonly Resource[];
  client: AgentClient | undefined;
  ids: readonly string[] = [];

  constructor(version: string) {
    this.name = labName(version);
    this.resources = planResources(loadLabText(text(version), "lab.yaml").lab);
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
}

describe.skipIf(!isInPath("bird"))("Calico with BIRD 2", () => {
  const labs = new Map<string, BirdLab>(VERSIONS.map((version) => [version, new BirdLab(version)]));
  beforeAll(() => Promise.all([...labs.values()].map((one) => one.start())));
  afterAll(() => Promise.all([...labs.values()].map((one) => one.stop())));

  describe.each(VERSIONS)("as %s configures it", (version) => {
    const lab = labs.get(version) ?? new BirdLab(version);
    const { resources, name } = lab;

    test("the kernels have the routes that were computed, and no others of BIRD", async () => {
      expect((await differences(lab.agent, name, resources)).operations).toEqual([]);
      for (const ns of ["n1", "n2", "n3", "rr", "router", "internet"]) {
        const there = ["-4", "-6"].flatMap((family) =>
          [
            ...lab
              .shown(ns, "ip", family, "route", "show", "proto", "bird")
              .matchAll(/^(?:blackhole )?([\da-f:.]\S*)/gm),
          ].map(([, to = ""]) => to.replace(/^[^/]*$/, `$&/${family === "-4" ? 32 : 128}`)),
        );
        const computed = resources.flatMap((one) =>
          one.kind === "route" && one.ns === ns && one.protocol === "bird" ? [one.to] : [],
        );
        expect([ns, ...there.toSorted()]).toEqual([ns, ...computed.toSorted()]);
      }
    });

    test("a route that was deleted is BIRD's to write again", async () => {
      lab.shown("n1", "ip", "route", "del", "10.244.0.128/26");
      const before = (await differences(lab.agent, name, resources)).operations.map(({ reason }) => reason);
      expect(before.every((reason) => reason?.includes("bird has not written it") === true)).toBe(true);
      const now = async (): Promise<number> => (await differences(lab.agent, name, resources)).operations.length;
      expect(await eventually(now, (left) => left === 0)).toBe(0);
    });
  });

  test("kill -9 of the agent: BIRD goes with it, and nothing is left after down", async () => {
    const lab = labs.get(VERSIONS[0]);
    if (lab === undefined) throw new TypeError("no lab");
    const parent = stateParent();
    const inside = (): string => execFileSync("ip", ["netns", "pids", `${lab.name}.n1`], { encoding: "utf8" });
    expect(inside()).not.toBe("");
    process.kill(lockHolder(parent, lab.name) ?? 0, "SIGKILL");
    await lab.agent.closed;
    expect(
      await eventually(
        () => lockHolder(parent, lab.name),
        (holder) => holder === null,
      ),
    ).toBeNull();
    expect(await eventually(inside, (pids) => pids === "")).toBe("");
    lab.client = await driver.start();
    await lab.agent.call("adopt", { lab: lab.name, file: "", recover: true });
    // afterAll takes it down, and looks for what is left.
  });
});
