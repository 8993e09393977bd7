/**
 * A small lab for tests of the agent, made of hand-written resources, and what must be gone when it is down.
 *
 *     red (10.1.0.2) eth0 <-> red0 gw blue0 <-> eth0 (10.2.0.2) blue
 *
 * gw forwards and masquerades towards blue; blue has a server on port 80, a process, its own /etc/hosts and hostname.
 */
import { readdirSync, readFileSync } from "node:fs";
import type { AgentClient } from "../../src/agent/client.ts";
import { labFolder, lockPath, stateParent } from "../../src/agent/state-folder.ts";
import { privateMountName } from "../../src/apply/kill-lab-processes.ts";
import type { Driver } from "../../src/drivers/driver.ts";
import { planOperations } from "../../src/plan/plan-operations.ts";
import type { Plan } from "../../src/resources/operation.ts";
import { resourceId } from "../../src/resources/resource-id.ts";
import type { Resource, ResourceKind, ResourceOf } from "../../src/resources/resource.ts";

export const stored = { lab: { test: true }, at: "2026-01-01T00:00:00.000Z", version: "0" };

type Rest<K extends ResourceKind> = Omit<ResourceOf<K>, "kind" | "id" | "node" | "cause" | "ns">;

export function made<K extends ResourceKind>(
  kind: K,
  ns: string,
  key: readonly (string | number)[],
  rest: Rest<K>,
): ResourceOf<K> {
  const cause = { source: { file: "test.yaml", line: 1, column: 1 }, object: `test ${ns}`, reason: "for the test" };
  return { kind, id: resourceId(kind, ns, ...key), ns, node: ns, cause, ...rest } as unknown as ResourceOf<K>;
}

function veth(ns: string, name: string, peerNs: string, peerName: string): Resource {
  return made("veth", ns, [name], { name, up: true, peer: { ns: peerNs, node: peerNs, name: peerName, up: true } });
}

function addr(ns: string, dev: string, address: string): Resource {
  return made("addr", ns, [dev, address], { dev, address, family: "ipv4" });
}

export function route(ns: string, to: string, via: string): Resource {
  return made("route", ns, [to], { family: "ipv4", to, type: "unicast", via, onlink: false, table: 254 });
}

/** `more`: so many further namespaces, each with a veth to gw, to make building last. */
export function smallLab(more = 0): Resource[] {
  const cause = { object: "test gw", reason: "masquerade" };
  const rule = (...args: string[]): { args: string[]; cause: typeof cause } => ({ args, cause });
  const resources: Resource[] = [
    ...["red", "gw", "blue"].map((ns) => made("netns", ns, [], { role: "host" })),
    veth("red", "eth0", "gw", "red0"),
    veth("blue", "eth0", "gw", "blue0"),
    addr("red", "eth0", "10.1.0.2/24"),
    addr("gw", "red0", "10.1.0.1/24"),
    addr("gw", "blue0", "10.2.0.1/24"),
    addr("blue", "eth0", "10.2.0.2/24"),
    route("red", "0.0.0.0/0", "10.1.0.1"),
    made("sysctl", "gw", ["net.ipv4.ip_forward"], { key: "net.ipv4.ip_forward", value: "1" }),
    made("iptables", "gw", ["ipv4", "nat"], {
      family: "ipv4",
      table: "nat",
      chains: [
        { name: "MASQ", builtin: false, rules: [rule("-s", "10.1.0.0/24", "-j", "MASQUERADE")] },
        { name: "POSTROUTING", builtin: true, rules: [rule("-o", "blue0", "-j", "MASQ")] },
      ],
    }),
    made("iptables", "gw", ["ipv4", "filter"], {
      family: "ipv4",
      table: "filter",
      chains: [
        {
          name: "FORWARD",
          builtin: true,
          policy: "DROP",
          rules: [rule("-i", "red0", "-j", "ACCEPT"), rule("-o", "red0", "-j", "ACCEPT")],
        },
      ],
    }),
    made("file", "blue", ["/etc/hosts"], { path: "/etc/hosts", content: "10.1.0.2 red\n" }),
    made("server", "blue", ["tcp", 80], { protocol: "tcp", port: 80, hostname: "blue" }),
    made("process", "blue", ["chatter"], {
      name: "chatter",
      // A grandchild in a session of its own: it must go as well.
      argv: ["sh", "-c", "setsid sleep 1000 & hostname; cat /etc/hosts; echo $GREETING; exec sleep 1000"],
      env: { GREETING: "hello; $(id)" },
      hostname: "blue-host",
    }),
  ];
  for (let i = 0; i < more; i++) {
    resources.push(
      made("netns", `n${i}`, [], { role: "host" }),
      veth(`n${i}`, "eth0", "gw", `n${i}`),
      addr(`n${i}`, "eth0", `10.3.${i}.2/24`),
    );
  }
  return resources;
}

export function buildPlan(lab: string, resources: readonly Resource[]): Plan {
  return planOperations(lab, resources);
}

/** What converge would do now. */
export async function differences(client: AgentClient, lab: string, resources: readonly Resource[]): Promise<Plan> {
  const sysctls: Record<string, string[]> = {};
  for (const resource of resources) if (resource.kind === "sysctl") (sysctls[resource.ns] ??= []).push(resource.key);
  return planOperations(lab, resources, await client.observe({ sysctls }));
}

/** A lab that is up and committed. */
export async function up(
  driver: Driver,
  lab: string,
  resources: readonly Resource[] = smallLab(),
): Promise<AgentClient> {
  const client = await driver.start();
  await client.call("adopt", { lab, file: "test.yaml", recover: false });
  const { operations } = buildPlan(lab, resources);
  const result = await client.call("apply", { operations, mode: "build", keep: false });
  if (result.failures.length > 0) throw new Error(JSON.stringify(result.failures));
  await client.call("commit", { stored });
  return client;
}

export async function down(client: AgentClient): Promise<void> {
  const { failures } = await client.call("down", {});
  if (failures.length > 0) throw new Error(JSON.stringify(failures));
  await client.closed;
}

/** Ids of all agents that have had the lab, from its journal. Read it before the lab is down. */
export function agentIds(lab: string, parent = stateParent()): string[] {
  return [
    ...readFileSync(`${labFolder(parent, lab)}/journal.jsonl`, "utf8").matchAll(/"t":"agent".*?"id":"([0-9a-f]+)"/g),
  ].map((match) => match[1] ?? "");
}

/** Everything of the lab that is still on this machine; empty when nothing is left. */
export function leftovers(lab: string, ids: readonly string[] = [], parent = stateParent()): string[] {
  const left: string[] = [];
  for (const name of namesIn("/run/netns")) if (name.startsWith(`${lab}.`)) left.push(`netns ${name}`);
  for (const path of [labFolder(parent, lab), lockPath(parent, lab)])
    if (namesIn(parent).includes(path.slice(parent.length + 1))) left.push(path);
  for (const line of read("/proc/self/mountinfo").split("\n")) if (line.includes(`/${lab}`)) left.push(`mount ${line}`);
  for (const pid of namesIn("/proc").filter((name) => /^\d+$/.test(name))) {
    const environment = read(`/proc/${pid}/environ`);
    const mounts = read(`/proc/${pid}/mountinfo`);
    const ours = ids.some((id) => environment.includes(`K8SNET_LAB_ID=${id}`) || mounts.includes(privateMountName(id)));
    if (ours && pid !== String(process.pid))
      left.push(`process ${pid} ${read(`/proc/${pid}/cmdline`).replaceAll("\0", " ")}`);
  }
  return left;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
