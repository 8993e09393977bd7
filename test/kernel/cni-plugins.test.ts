/**
 * The reference plugins of CNI, called for real: what they make is adopted and carries packets; what this lab's own bridge, ptp,
 * portmap and host-local make is the same as theirs.
 */
import { existsSync, readdirSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import type { AgentClient } from "../../src/agent/client.ts";
import { getDriver } from "../../src/drivers/registry.ts";
import type { Lab } from "../../src/lab/lab.ts";
import { adopted } from "../../src/live/adopt.ts";
import type { MadeLab } from "../../src/live/adopt.ts";
import { loadLabText } from "../../src/load/load-lab.ts";
import { findForeignObjects } from "../../src/plan/foreign-objects.ts";
import { planResources } from "../../src/plan/plan-lab.ts";
import { sysctlWants } from "../../src/resources/sysctl/wants.ts";
import { planOperations } from "../../src/plan/plan-operations.ts";
import type { NamespaceState } from "../../src/resources/observed.ts";
import { agentIds, down, leftovers, up } from "./agent-lab.ts";

const LAB = `cni-${process.pid}`;
const isInstalled = existsSync("/usr/lib/cni/bridge");
const HOST_LOCAL = { type: "host-local", ranges: [[{ subnet: "{{.PodCIDR}}" }]], routes: [{ dst: "0.0.0.0/0" }] };
const BRIDGE = { type: "bridge", bridge: "cni0", isGateway: true, hairpinMode: true, ipam: HOST_LOCAL };

const pod = (name: string, node: string, port = "containerPort: 80", annotations = ""): string =>
  `{ apiVersion: v1, kind: Pod, metadata: { name: ${name}, annotations: { ${annotations} } }, spec: { nodeName: ${node}, containers: [ { name: c, image: x, ports: [ { ${port} } ] } ] } }`;

const labText = (cni: object, ...pods: readonly string[]): string =>
  [
    `{ apiVersion: k8snet-lab/v1, kind: Lab, metadata: { name: ${LAB} }, spec: { cluster: { nodes: [n1, n2], dns: false, cni: ${JSON.stringify(cni)} } } }`,
    ...pods,
  ].join("\n---\n");
const conflist = (...plugins: readonly object[]): object => ({
  plugin: "cni",
  conflist: { cniVersion: "1.1.0", name: "net", plugins },
});

/** What this machine has in the folders that plugins write to. */
const machinesOwn = (): readonly unknown[] =>
  ["/run/cni", "/run/cni-ipam-state", "/var/lib/cni", "/etc/cni"].map((folder) =>
    existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: "utf8" }).toSorted() : "none",
  );
const BEFORE = machinesOwn();

let client: AgentClient | undefined;

async function build(text: string): Promise<MadeLab> {
  const { lab, sources } = loadLabText(text, "lab.yaml");
  const desired = planResources(lab);
  client = await up(getDriver("netns"), LAB, desired);
  await client.call("lock", { purpose: "test" });
  return adopted(client, { lab, desired, sources });
}

function running(): AgentClient {
  if (client === undefined) throw new Error("no lab is up");
  return client;
}

afterEach(async () => {
  const ids = client === undefined ? [] : agentIds(LAB);
  if (client !== undefined) await down(client);
  client = undefined;
  expect(leftovers(LAB, ids)).toEqual([]);
  // Nothing of it is the machine's.
  expect(machinesOwn()).toEqual(BEFORE);
});

async function run(ns: string, ...argv: readonly string[]): Promise<string> {
  const { stdout, stderr, exitCode } = await running().call("run", { ns, argv: [...argv], timeout: 10_000 });
  return exitCode === 0 ? stdout.trim() : `exit ${exitCode}: ${stderr.trim()}`;
}

function addressOf({ clusters: [cluster] }: Lab, name: string): string {
  const address = cluster?.pods.find((one) => one.name === name)?.address.ipv4;
  if (address === undefined) throw new Error(`${name} has no address`);
  return address;
}

/** `web sees 10.244.0.3`: which pod answers, and whose address it saw. */
async function http(from: string, to: string, port = 80): Promise<string> {
  const probe = {
    kind: "http",
    ns: `default/${from}`,
    to,
    port,
    timeout: 5000,
    method: "GET",
    path: "/",
    headers: {},
  } as const;
  const { results } = await running().call("probe", { probes: [probe] });
  const [{ outcome = "", hostname = "", sourceIP = "" } = {}] = results;
  return outcome === "open" ? `${hostname} sees ${sourceIP}` : outcome;
}

/** Nothing differs (but for this), and nothing is foreign. */
async function expectWatched({ lab, desired }: MadeLab, but = /^$/): Promise<void> {
  const observed = await running().observe({ sysctls: sysctlWants(desired, true) });
  const { operations } = planOperations(lab.name, desired, observed);
  const differing = operations.map(({ id, reason }) => `${id}: ${reason}`);
  expect(differing.filter((text) => !but.test(text))).toEqual([]);
  expect(findForeignObjects(desired, observed).map(({ ns, what }) => `${ns}: ${what}`)).toEqual([]);
}

function expectMadeBy(plugin: string, { desired }: MadeLab): void {
  const reasons = [...new Set(desired.map(({ cause }) => cause.reason))];
  const made = new RegExp(String.raw`^made by ${plugin} \d+\.\d+\S*, ADD of default/web$`);
  expect(reasons).toContainEqual(expect.stringMatching(made));
}

describe.skipIf(!isInstalled)("reference plugins (package containernetworking-plugins)", () => {
  test("bridge, portmap, firewall, bandwidth, tuning: packets, causes, nothing foreign", async () => {
    const made = await build(
      labText(
        conflist(
          { ...BRIDGE, ipMasq: true },
          { type: "portmap", capabilities: { portMappings: true } },
          { type: "firewall" },
          { type: "bandwidth", capabilities: { bandwidth: true } },
          { type: "tuning", sysctl: { "net.core.somaxconn": "300" } },
        ),
        pod("web", "n1", "containerPort: 80, hostPort: 8080", "kubernetes.io/ingress-bandwidth: 10M"),
        pod("near", "n1"),
        pod("far", "n2"),
      ),
    );
    expect(addressOf(made.lab, "web")).toBe("10.244.0.2");
    expect(await http("near", "10.244.0.2")).toBe("web sees 10.244.0.3");
    expect(await http("far", "10.244.0.2")).toBe("web sees 192.168.50.12");
    expect(await http("far", "192.168.50.11", 8080)).toBe("web sees 192.168.50.12");
    expect(await http("web", "192.168.50.11", 8080)).toBe("web sees 10.244.0.1");
    expect(await run("default/web", "sysctl", "-n", "net.core.somaxconn")).toBe("300");
    expect(await run("n1", "sh", "-c", "tc qdisc show | grep -c 'tbf.*rate 10Mbit'")).toBe("1");
    for (const plugin of ["bridge", "portmap", "firewall", "bandwidth"]) expectMadeBy(plugin, made);
    await expectWatched(made);
  });

  test("ptp and sbr: routed, with a table per pod", async () => {
    const made = await build(
      labText(
        conflist({ type: "ptp", ipMasq: false, ipam: HOST_LOCAL }, { type: "sbr" }),
        pod("web", "n1"),
        pod("near", "n1"),
        pod("far", "n2"),
      ),
    );
    expect(await http("near", addressOf(made.lab, "web"))).toBe("web sees 10.244.0.3");
    expect(await http("far", addressOf(made.lab, "web"))).toBe("web sees 10.244.1.2");
    expect(await run("default/web", "ip", "rule")).toContain("from 10.244.0.2 lookup 100");
    expectMadeBy("sbr", made);
    // sbr moves the route of the link-local address too, where the kernel has made it by then.
    await expectWatched(made, /^update veth:.*: eth0: route fe80::\/64 dev eth0 is missing$/);
  });

  test("macvlan and static: pods on the nodes' own network", async () => {
    const ipam = {
      type: "static",
      addresses: [{ address: "192.168.50.100/24", gateway: "192.168.50.1" }],
      routes: [{ dst: "0.0.0.0/0" }],
    };
    const made = await build(labText(conflist({ type: "macvlan", master: "eth0", ipam }), pod("web", "n1")));
    expect(addressOf(made.lab, "web")).toBe("192.168.50.100");
    expect(await run("n2", "ping", "-q", "-c", "1", "-W", "5", "192.168.50.100")).toContain("1 received");
    expectMadeBy("macvlan", made);
    await expectWatched(made);
  });

  test("a pod that a plugin refuses: its name, the plugin, the code, its words", async () => {
    const ipam = { type: "host-local", ranges: [[{ subnet: "10.9.0.0/30" }]] };
    const { lab } = loadLabText(labText(conflist({ ...BRIDGE, ipam }), pod("one", "n1"), pod("two", "n1")), "lab.yaml");
    await expect(up(getDriver("netns"), LAB, planResources(lab))).rejects.toThrow(
      /ADD of default\/two: plugin bridge failed \(code 999\): failed to allocate for range 0: no IP addresses available in range set: 10.9.0.1-10.9.0.2/,
    );
  });
});

/** What a namespace has, without names and addresses that are different each time. */
function shapeOf(state: NamespaceState | undefined): unknown {
  if (state === undefined) throw new Error("no such namespace");
  const names = new Map(
    state.links.filter(({ name }) => /^veth[0-9a-f]{8}$/.test(name)).map(({ name }) => [name, "veth"]),
  );
  const plain = (text: string): string => names.get(text) ?? text;
  return {
    links: state.links.map(({ name, kind, mtu, master, hairpin }) => ({
      name: plain(name),
      kind,
      mtu,
      master,
      hairpin: hairpin === true,
    })),
    addrs: state.addrs
      .filter(({ address }) => !address.startsWith("fe80:"))
      .map(({ dev, address }) => `${plain(dev)} ${address}`),
    routes: state.routes
      .filter(({ to }) => !to.startsWith("fe80:") && !to.startsWith("ff00:"))
      .map(({ to, via, dev = "", src, scope, protocol }) => [to, via, plain(dev), src, scope, protocol].join(" "))
      .toSorted(),
  };
}

const hostPorts = (state: NamespaceState | undefined): unknown =>
  Object.fromEntries(
    Object.entries(state?.iptables.ipv4?.["nat"] ?? {}).flatMap(([chain, { rules }]) => {
      const own = rules.filter((rule) => chain.startsWith("CNI-") || rule.includes("CNI-"));
      return own.length === 0 ? [] : [[chain, own]];
    }),
  );

describe.skipIf(!isInstalled)("this lab's own plugins and the real ones (package containernetworking-plugins)", () => {
  const PODS = [pod("web", "n1", "containerPort: 80, hostPort: 8080"), pod("near", "n1")];
  const PORTMAP = { type: "portmap", capabilities: { portMappings: true } };

  /** All settings of devices and neighbours, by their path. */
  async function settings(ns: string): Promise<ReadonlyMap<string, string>> {
    const listed = await run(
      ns,
      "sh",
      "-c",
      "cd /proc/sys/net && grep -r . ipv*/conf ipv*/neigh ipv4/ip_forward 2>/dev/null; :",
    );
    const values = new Map<string, string>();
    for (const line of listed
      .replaceAll(/\/veth[0-9a-f]{8}\//g, "/veth/")
      .split("\n")
      .toSorted()) {
      const [path = "", value = ""] = line.split(":", 2);
      // One of each pod's device.
      values.set(path, values.has(path) ? `${values.get(path)}, ${value}` : value);
    }
    return values;
  }

  /** `path: real -> own`, where they differ. */
  function differing(real: ReadonlyMap<string, string>, own: ReadonlyMap<string, string>): readonly string[] {
    return [...new Set([...real.keys(), ...own.keys()])]
      .filter((path) => real.get(path) !== own.get(path))
      .map((path) => `${path}: ${real.get(path)} -> ${own.get(path)}`)
      .toSorted();
  }

  async function look(cni: object): Promise<{
    readonly found: readonly unknown[];
    readonly node: ReadonlyMap<string, string>;
    readonly pod: ReadonlyMap<string, string>;
  }> {
    await build(labText(cni, ...PODS));
    const { namespaces } = await running().observe({});
    const found = [
      shapeOf(namespaces["n1"]),
      shapeOf(namespaces["default/web"]),
      shapeOf(namespaces["default/near"]),
      hostPorts(namespaces["n1"]),
    ];
    expect(found.at(-1)).toHaveProperty("CNI-HOSTPORT-DNAT");
    const [node, inside] = [await settings("n1"), await settings("default/web")];
    await down(running());
    client = undefined;
    return { found, node, pod: inside };
  }

  test("bridge, host-local and portmap, as flannel has them", async () => {
    const route = { dst: "10.244.0.0/16" };
    const ipam = { type: "host-local", ranges: [[{ subnet: "{{.PodCIDR}}" }]], routes: [route] };
    const bridge = {
      type: "bridge",
      bridge: "cni0",
      isGateway: true,
      isDefaultGateway: true,
      hairpinMode: true,
      ipMasq: false,
      mtu: 1450,
      ipam,
    };
    const real = await look({
      plugin: "cni",
      routes: "none",
      conflist: { cniVersion: "0.3.1", name: "cbr0", plugins: [bridge, PORTMAP] },
    });
    const own = await look({ plugin: "flannel" });
    expect(own.found.slice(1)).toEqual(real.found.slice(1));
    // Flannel has a tunnel as well.
    expect(differing(real.node, own.node).filter((line) => !line.includes("/flannel.1/"))).toEqual([]);
    // A MAC that follows from the address has not to be announced, and the lab adds addresses without DAD.
    expect(differing(real.pod, own.pod)).toEqual([
      "ipv4/conf/eth0/arp_notify: 1 -> 0",
      "ipv6/conf/eth0/accept_dad: 0 -> 1",
    ]);
  });

  test("ptp, host-local and portmap, as kindnet has them", async () => {
    const plugins = [
      { type: "ptp", ipMasq: false, ipam: { ...HOST_LOCAL, dataDir: "/run/cni-ipam-state" }, mtu: 1500 },
      PORTMAP,
    ];
    const real = await look({ plugin: "cni", conflist: { cniVersion: "0.3.1", name: "kindnet", plugins } });
    const own = await look({ plugin: "kindnet" });
    expect(own.found).toEqual(real.found);
    expect(differing(real.node, own.node)).toEqual([]);
    expect(differing(real.pod, own.pod)).toEqual([]);
  });
});
