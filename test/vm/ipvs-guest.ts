/**
 * What test/kernel/ipvs-vm.test.ts has done inside the virtual machine: labs are built by the agent's own appliers, real
 * packets are sent, and what came of it is printed as one JSON object. Argument: a file with the labs' resources.
 */
import { readFileSync } from "node:fs";
import { requireFeatures } from "../../src/apply/required-features.ts";
import { netnsDriver } from "../../src/drivers/netns.ts";
import type { Resource } from "../../src/resources/resource.ts";
import type { Shape } from "../kernel/trace-labs.ts";
import { judgeShape } from "../kernel/trace-matrix.ts";
import { GuestLab, say } from "./guest-lab.ts";

const labs = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as Record<
  "ipvs" | "nftables",
  readonly Resource[]
>;
const lab = new GuestLab("vm");
const inside = lab.inside.bind(lab);
const converge = lab.converge.bind(lab);

/** What the backend says to so many connections, one after the other. */
async function ask(ns: string, url: string, times = 1, patience = 20): Promise<string[]> {
  const answers: string[] = [];
  say(`${ns} asks ${url}`);
  for (let i = 0; i < times; i++) answers.push(await inside(ns, "curl", "-sg", "-m", String(patience), url));
  return answers;
}

/** Of the ways to break a lab, those that have to do with ipvs, and one that has not. */
const TRACED = /^(a Service's|DNS's Service|the node ports' rules|a foreign rule between)/;
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
await converge([]);
say("trace");
const shape: Shape = { cni: "vxlan", mode: "ipvs", policies: "iptables", families: ["ipv4"] };
const traced = await judgeShape(netnsDriver(), "traced", shape, (_index, name) => TRACED.test(name), 5000);
process.stdout.write(
  `${JSON.stringify({ traced, built, first, broken, mended, afterMending, virtualServers, switched, afterSwitch, back, afterReturn })}\n`,
);
process.exit(0);
