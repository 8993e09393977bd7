/**
 * What test/kernel/ipvs-vm.test.ts has done inside the virtual machine: labs are built by the agent's own appliers, real
 * packets are sent, and what came of it is printed as one JSON object. Argument: a file with the labs' resources.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { promisify } from "node:util";
import { starters } from "../../src/services/starters.ts";
import { executeOperations } from "../../src/apply/executor.ts";
import { Journal } from "../../src/apply/journal.ts";
import { observeLab } from "../../src/apply/observer.ts";
import { requireFeatures } from "../../src/apply/required-features.ts";
import { LabRuntime } from "../../src/apply/runtime.ts";
import type { Plan } from "../../src/resources/operation.ts";
import { planOperations } from "../../src/plan/plan-operations.ts";
import type { Resource } from "../../src/resources/resource.ts";
import { netnsName } from "../../src/net/netns-name.ts";

const LAB = "vm";
const run = promisify(execFile);

const labs = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as Record<
  "ipvs" | "nftables",
  readonly Resource[]
>;
const folder = mkdtempSync("/tmp/ipvs-");
const runtime = new LabRuntime(
  LAB,
  folder,
  new Journal(`${folder}/journal.jsonl`),
  starters(() => undefined),
);
runtime.journal.write({ t: "agent", lab: LAB, id: "00", file: "", pid: process.pid, version: "0", at: "" });

async function differences(lab: readonly Resource[]): Promise<Plan> {
  const sysctls: Record<string, string[]> = {};
  for (const resource of lab) if (resource.kind === "sysctl") (sysctls[resource.ns] ??= []).push(resource.key);
  return planOperations(LAB, lab, await observeLab(runtime, { sysctls }));
}

/** Where it is, for who waits. */
function say(step: string): void {
  process.stderr.write(`${Math.round(performance.now() / 1000)} s: ${step}\n`);
}

/** Ids of the operations that it took, and what failed. */
async function converge(lab: readonly Resource[]): Promise<{ done: string[]; failures: unknown[]; left: string[] }> {
  const { operations } = await differences(lab);
  say(`${operations.length} operations`);
  const signal = new AbortController().signal;
  const { failures } = await executeOperations(operations, runtime, {
    stopAtFailure: false,
    signal,
    onEvent: () => {},
  });
  const left = (await differences(lab)).operations.map(({ id, reason }) => `${id}: ${reason}`);
  return { done: operations.map(({ id }) => id), failures: [...failures], left };
}

const where = new Map(
  labs.ipvs.flatMap((one) => (one.kind === "netns" ? [[one.ns, netnsName(LAB, one)] as const] : [])),
);

async function inside(ns: string, ...argv: string[]): Promise<string> {
  try {
    const { stdout } = await run("ip", ["netns", "exec", where.get(ns) ?? ns, ...argv], { timeout: 60_000 });
    return stdout.trim();
  } catch (error) {
    return `exit ${String((error as { code?: unknown }).code)}`;
  }
}

/** What the backend says to so many connections, one after the other. */
async function ask(ns: string, url: string, times = 1, patience = 20): Promise<string[]> {
  const answers: string[] = [];
  say(`${ns} asks ${url}`);
  for (let i = 0; i < times; i++) answers.push(await inside(ns, "curl", "-sg", "-m", String(patience), url));
  return answers;
}

const VIP = "http://10.96.0.99";
const SIX = "http://[fd00:10:96::99]";

/** The words of the test: what each connection came to. */
async function packets(): Promise<Record<string, unknown>> {
  return {
    turns: await ask("default/client", `${VIP}/hostname`, 4),
    turnsByIPv6: await ask("default/client", `${SIX}/hostname`, 2),
    podKept: await ask("default/client", `${VIP}/clientip`, 2),
    nodeMasqueraded: await ask("n1", `${VIP}/clientip`, 2),
    nodePort: await ask("internet", "http://192.168.50.11:30080/clientip", 2),
    hairpin: await ask("default/web-1", `${VIP}/clientip`, 2),
    sticky: await ask("default/client", "http://10.96.0.98/hostname", 3),
    nobody: await ask("default/client", "http://10.96.0.97/"),
    otherPort: await ask("default/client", `${VIP}:81/`),
    local: await ask("internet", "http://192.168.50.250/clientip"),
    guarded: await ask("internet", "http://192.168.50.251/", 1, 3),
    policyAllows: await ask("default/client", "http://10.96.0.95/hostname"),
    policyDenies: await ask("default/web-1", "http://10.96.0.95/hostname", 1, 3),
  };
}

requireFeatures([{ kind: "dummy" }, { kind: "ipvs" }] as Resource[]);
const built = await converge(labs.ipvs);
const first = await packets();
await inside("n1", "ipvsadm", "--clear");
await inside("n1", "ipset", "flush", "KUBE-CLUSTER-IP");
await inside("n1", "ip", "addr", "del", "10.96.0.99/32", "dev", "kube-ipvs0");
const broken = await ask("default/client", `${VIP}/hostname`, 1, 3);
const mended = await converge(labs.ipvs);
const afterMending = await ask("default/client", `${VIP}/hostname`, 2);
const virtualServers = await inside("n1", "ipvsadm", "--save", "-n");
const switched = await converge(labs.nftables);
const afterSwitch = {
  turns: await ask("default/client", `${VIP}/hostname`, 2),
  servers: await inside("n1", "ipvsadm", "--save", "-n"),
  device: await inside("n1", "ip", "link", "show", "kube-ipvs0"),
  sets: await inside("n1", "ipset", "list", "-n"),
  conntrack: await inside("n1", "sysctl", "-n", "net.ipv4.vs.conntrack"),
  rules: await inside("n1", "iptables-save"),
};
const back = await converge(labs.ipvs);
const afterReturn = await ask("default/client", `${VIP}/hostname`, 2);
process.stdout.write(
  `${JSON.stringify({ built, first, broken, mended, afterMending, virtualServers, switched, afterSwitch, back, afterReturn })}\n`,
);
process.exit(0);
