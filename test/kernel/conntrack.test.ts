/** UDP flows whose endpoint goes: what conntrack remembers is forgotten with it, in the node's namespace and only there. */
import { execFileSync } from "node:child_process";
import { afterEach, describe, expect, test } from "vitest";
import type { AgentClient } from "../../src/agent/client.ts";
import { getDriver } from "../../src/drivers/registry.ts";
import { forgetFlows } from "../../src/kernel/conntrack.ts";
import type { TrackedFlow } from "../../src/kernel/conntrack.ts";
import { closeNetns, enterNetns, openNetns } from "../../src/kernel/netns.ts";
import { encodeSockaddr } from "../../src/kernel/sockaddr.ts";
import {
  AF_INET,
  bindSocket,
  closeSocket,
  connectSocket,
  openSocket,
  receiveSocket,
  sendSocket,
  SOCK_DGRAM,
} from "../../src/kernel/socket.ts";
import { loadLabText } from "../../src/load/load-lab.ts";
import { UNTOUCHED } from "../../src/kube/workload/live-state.ts";
import { resolveLab } from "../../src/load/resolve-lab.ts";
import { planResources } from "../../src/plan/plan-lab.ts";
import type { Resource } from "../../src/resources/resource.ts";
import { agentIds, differences, down, leftovers, up } from "./agent-lab.ts";
import { ProbeNet } from "./probe-net.ts";
import { eventually } from "../wait.ts";

const LAB = `conntrack-${process.pid}`;

/** `heir` is no endpoint: it only takes the address that comes free. */
const pod = (name: string): string =>
  `\n---\n{ apiVersion: v1, kind: Pod, metadata: { name: ${name}, labels: { app: ${name === "heir" ? "none" : "talk"} } }, spec: { nodeName: node2, containers: [ { name: main, image: x, ports: [ { containerPort: 9000, protocol: UDP } ] } ] } }`;
const CLIENT = `\n---\n{ apiVersion: v1, kind: Pod, metadata: { name: client }, spec: { nodeName: node1, containers: [ { name: main, image: x } ] } }`;
const SERVICE = `\n---\n{ apiVersion: v1, kind: Service, metadata: { name: talk }, spec: { type: NodePort, clusterIP: 10.96.0.90, selector: { app: talk }, ports: [ { port: 9000, nodePort: 30900, protocol: UDP } ] } }`;

function loaded(kubeProxy: string, ...pods: string[]): ReturnType<typeof loadLabText> {
  const head = `apiVersion: k8snet-lab/v1\nkind: Lab\nmetadata: { name: ${LAB} }\nspec: { cluster: { nodes: [node1, node2], dns: false, kubeProxy: ${kubeProxy} } }`;
  return loadLabText(head + CLIENT + SERVICE + pods.map(pod).join(""), "lab.yaml");
}

function resources(kubeProxy: string, ...pods: string[]): readonly Resource[] {
  return planResources(loaded(kubeProxy, ...pods).lab);
}

/** The same lab after `k8snet-lab delete svc/talk`. */
function withoutService(kubeProxy: string, ...pods: string[]): readonly Resource[] {
  const live = { ...UNTOUCHED, deleted: ["Service default/talk"] };
  const { lab } = resolveLab({ ...loaded(kubeProxy, ...pods).input, running: { live, clusters: [], gradual: false } });
  return planResources(lab);
}

/** Where node1 sends the flow of `ask`: the translated destination, as conntrack remembers it. */
function remembered(): string[] {
  const netns = openNetns(`${LAB}.node1`);
  const found: string[] = [];
  forgetFlows(netns, "ipv4", (flow) => {
    if (flow.protocol === 17 && (flow.to.port === 9000 || flow.to.port === 30_900))
      found.push(`${flow.to.address} → ${flow.answeredBy.address}`);
    return false;
  });
  closeNetns(netns);
  return found;
}

/** The pod that answers; empty when nobody does. Always the same flow: the source port is given. */
async function ask(to: string, port: number): Promise<string> {
  const netns = openNetns(`${LAB}.node1.default.client`);
  const fd = enterNetns(netns, () => openSocket(AF_INET, SOCK_DGRAM));
  closeNetns(netns);
  try {
    expect(bindSocket(fd, encodeSockaddr("0.0.0.0", 7000 + (port % 1000)))).toBe(0);
    expect(connectSocket(fd, encodeSockaddr(to, port))).toBe(0);
    const into = Buffer.alloc(200);
    // Again and again: the first packets may be lost while neighbours are looked for.
    return await eventually(
      () => {
        const size = receiveSocket(fd, into);
        if (size > 0) return into.toString("utf8", 0, size).trim();
        sendSocket(fd, Buffer.from("hostname"));
        return "";
      },
      (answer) => answer !== "",
      { within: 5000, every: 100 },
    );
  } finally {
    closeSocket(fd);
  }
}

let client: AgentClient | undefined;
let ids: readonly string[] = [];

afterEach(async () => {
  if (client !== undefined) await down(client);
  client = undefined;
  expect(leftovers(LAB, ids)).toEqual([]);
});

async function start(wanted: readonly Resource[]): Promise<AgentClient> {
  client = await up(getDriver("netns"), LAB, wanted);
  ids = agentIds(LAB);
  return client;
}

async function converge(agent: AgentClient, wanted: readonly Resource[]): Promise<void> {
  const { operations } = await differences(agent, LAB, wanted);
  const result = await agent.call("apply", { operations, mode: "converge", keep: false });
  expect(result.failures).toEqual([]);
}

describe.each(["iptables", "nftables"])("in mode %s", (mode) => {
  test("a flow continues with a remaining endpoint, by the cluster IP and by the node port", async () => {
    const agent = await start(resources(mode, "one"));
    expect(await ask("10.96.0.90", 9000)).toBe("one");
    expect(await ask("192.168.50.11", 30_900)).toBe("one");
    await converge(agent, resources(mode, "heir", "two"));
    expect(await ask("10.96.0.90", 9000)).toBe("two");
    expect(await ask("192.168.50.11", 30_900)).toBe("two");
  });

  test("a Service without endpoints, and one that was deleted, leave no flow behind", async () => {
    const agent = await start(resources(mode, "one"));
    for (const wanted of [resources(mode, "heir"), withoutService(mode, "one")]) {
      await converge(agent, resources(mode, "one"));
      expect(await ask("10.96.0.90", 9000)).toBe("one");
      expect(await ask("192.168.50.11", 30_900)).toBe("one");
      expect(remembered().length).toBe(2);
      await converge(agent, wanted);
      expect(remembered()).toEqual([]);
    }
  });

  test("what a flow learnt from rules that others broke is forgotten with the repair", async () => {
    const agent = await start(resources(mode, "one"));
    const flush = mode === "iptables" ? ["iptables", "-t", "nat", "-F"] : ["nft", "flush", "table", "ip", "kube-proxy"];
    execFileSync("ip", ["netns", "exec", `${LAB}.node1`, ...flush]);
    const asked = ask("10.96.0.90", 9000);
    const flows = await eventually(remembered, ({ length }) => length > 0);
    expect(flows).toEqual(["10.96.0.90 → 10.96.0.90"]);
    await converge(agent, resources(mode, "one"));
    expect(await asked).toBe("one");
  });
});

test("without the clearing it goes to the pod that has the address now, and a new flow does not", async () => {
  const without = "{ mode: iptables, conntrackCleanup: false }";
  const agent = await start(resources(without, "one"));
  expect(await ask("10.96.0.90", 9000)).toBe("one");
  await converge(agent, resources(without, "heir", "two"));
  expect(await ask("10.96.0.90", 9000)).toBe("heir");
  expect(await ask("192.168.50.11", 30_900)).toBe("two");
});

test("only the flows that are meant are forgotten, in both families, and of one namespace", () => {
  const net = new ProbeNet("one", "other");
  try {
    const insert = (ns: string, protocol: string, to: string, from: string, sport: number): void => {
      const source = to.includes(":") ? "fd00::1" : "10.0.0.1";
      const words = `-I -p ${protocol} -t 600 -s ${source} -d ${to} -r ${from} -q ${source} --sport ${sport} --dport 53 --reply-port-src 5353 --reply-port-dst ${sport}`;
      net.run(ns, "conntrack", ...words.split(" "), ...(protocol === "tcp" ? ["--state", "ESTABLISHED"] : []));
    };
    const count = (ns: string, family: string): number =>
      net.run(ns, "conntrack", "-L", "-f", family, "-o", "extended").trim().split("\n").filter(Boolean).length;
    for (const ns of ["one", "other"]) {
      insert(ns, "udp", "10.96.0.10", "10.244.0.2", 700);
      insert(ns, "udp", "10.96.0.11", "10.244.0.2", 701);
      insert(ns, "tcp", "10.96.0.10", "10.244.0.2", 702);
      insert(ns, "udp", "fd00:96::10", "fd00:244::2", 703);
    }
    const seen: TrackedFlow[] = [];
    const meant = (flow: TrackedFlow): boolean => {
      seen.push(flow);
      return flow.protocol === 17 && (flow.to.address === "10.96.0.10" || flow.to.address === "fd00:96::10");
    };
    expect(forgetFlows(net.netns("one"), "ipv4", meant)).toBe(1);
    expect(count("one", "ipv4")).toBe(2);
    expect(count("one", "ipv6")).toBe(1);
    expect(forgetFlows(net.netns("one"), "ipv6", meant)).toBe(1);
    expect(count("one", "ipv6")).toBe(0);
    expect([count("other", "ipv4"), count("other", "ipv6")]).toEqual([3, 1]);
    expect(seen.map(({ protocol, to, answeredBy }) => ({ protocol, to, answeredBy }))).toContainEqual({
      protocol: 17,
      to: { address: "fd00:96::10", port: 53 },
      answeredBy: { address: "fd00:244::2", port: 5353 },
    });
  } finally {
    net.remove();
  }
});
