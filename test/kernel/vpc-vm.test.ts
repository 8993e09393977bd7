/**
 * Branch ENIs of the VPC CNI, for real in a virtual machine: this kernel may lack VLAN devices (K8SNET_VM, else ../shared/tools/vmrun).
 *
 *     web (sg-web), near — n1      client (sg-client) — n2      nodes: sg-node
 */
import { expect, test } from "vitest";
import { loadLabText } from "../../src/load/load-lab.ts";
import { planOperations } from "../../src/plan/plan-operations.ts";
import { planResources } from "../../src/plan/plan-lab.ts";
import { encodeScript } from "../../src/plan/script.ts";
import { PATIENCE, runGuest } from "../vm/guest.ts";
import type { LinksCase, LinksTold } from "../vm/links-guest.ts";
import { isVmThere } from "../vm/machine.ts";

const GROUPS =
  "sg-node: { ingress: [ { from: [ sg-node, sg-client ] } ] }, sg-web: { ingress: [ { protocol: icmp, from: [ sg-client ] } ] }, sg-client: {}";

const pod = (name: string, node: string): string =>
  `{ apiVersion: v1, kind: Pod, metadata: { name: ${name}, labels: { app: ${name} } }, spec: { nodeName: ${node}, containers: [ { name: c } ] } }`;
const policy = (name: string): string =>
  `{ apiVersion: vpcresources.k8s.aws/v1beta1, kind: SecurityGroupPolicy, metadata: { name: ${name} }, spec: { podSelector: { matchLabels: { app: ${name} } }, securityGroups: { groupIds: [ sg-${name} ] } } }`;

const PINGS = [
  ["default/client", "192.168.50.36"],
  ["default/near", "192.168.50.36"],
  ["n1", "192.168.50.36"],
  ["n2", "192.168.50.36"],
  ["default/web", "192.168.50.11"],
  ["default/client", "192.168.50.11"],
  ["default/client", "192.168.50.12"],
] as const;

interface Case {
  readonly harm: LinksCase["harm"];
  readonly restored: string;
  /** Who reaches whom. */
  readonly answers: readonly ("open" | "closed")[];
}

const MODES: Readonly<Record<"strict" | "standard", Case>> = {
  // web lets client in, and nobody of its own node; what it sends to its node passes the node's security groups as well.
  strict: {
    harm: [["n1", "ip", "rule", "add", "from", "all", "lookup", "local", "priority", "0"]],
    restored: "update rule:n1:ipv4:20:table 255",
    answers: ["open", "closed", "closed", "closed", "closed", "open", "open"],
  },
  // Within a node nothing is asked.
  standard: {
    harm: [["n1", "ip", "link", "set", "vlan.eth.1", "mtu", "1400"]],
    restored: "update vlan:n1:vlan.eth.1",
    answers: ["open", "open", "open", "closed", "open", "open", "open"],
  },
};

/** Once where nothing is to answer; an emulated machine may be slow to resolve a neighbour. */
const pings = (answer: "open" | "closed", to: string): string =>
  `for i in ${answer === "open" ? "1 2 3" : "1"}; do ping -q -c 1 -W 5 ${to} >&2 && echo open && exit; done; echo closed`;

function labCase(mode: string, { harm, answers }: Case): LinksCase {
  const name = `sgp-${mode}`;
  const head = `{ apiVersion: k8snet-lab/v1, kind: Lab, metadata: { name: ${name} }, spec: { cluster: { nodes: [n1, n2], dns: false, cni: { plugin: vpc, instanceType: m5.large, env: { ENABLE_POD_ENI: true, WARM_IP_TARGET: 1, POD_SECURITY_GROUP_ENFORCING_MODE: ${mode} }, nodeSecurityGroups: [ sg-node ], securityGroups: { ${GROUPS} } } } } }`;
  const manifests = [pod("web", "n1"), pod("near", "n1"), pod("client", "n2"), policy("web"), policy("client")];
  const resources = planResources(loadLabText([head, ...manifests].join("\n---\n"), `${name}.yaml`).lab);
  const { operations } = planOperations(name, resources);
  const ask = PINGS.map(([ns, to], i) => [ns, "sh", "-c", pings(answers[i] ?? "closed", to)] as const);
  return { resources, ask, harm, script: encodeScript({ lab: name, operations }) };
}

test.for(["strict", "standard"] as const)(
  "branch ENIs, %s: security groups of pods",
  { timeout: PATIENCE },
  async (mode, context) => {
    if (!isVmThere()) return context.skip("needs a virtual machine");
    const { answers, restored } = MODES[mode];
    const modules = ["veth", "bridge", "br_netfilter", "8021q"];
    const told = await runGuest<Record<string, LinksTold>>(
      "links-guest.ts",
      { [`sgp-${mode}`]: labCase(mode, MODES[mode]) },
      modules,
    );
    if (told === undefined) return context.skip("needs a virtual machine");
    const one = told[`sgp-${mode}`];
    expect([one?.built.failures, one?.built.left]).toEqual([[], []]);
    expect(one?.answers).toEqual(answers);
    expect(one?.restored.done).toEqual([restored]);
    expect(one?.after).toEqual(answers);
    expect([one?.down.failures, one?.down.left]).toEqual([[], []]);
    expect([one?.script, ...(one?.scripted ?? [])]).toEqual(["", ...answers]);
  },
);
