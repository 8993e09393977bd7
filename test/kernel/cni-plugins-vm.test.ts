/**
 * Reference plugins of CNI whose devices this kernel may lack, called for real in a virtual machine (K8SNET_VM, else
 * ../shared/tools/vmrun): ipvlan, vlan, vrf. Debian's 1.1.1 has no plugin dummy; a script makes that device here.
 */
import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { loadLabText } from "../../src/load/load-lab.ts";
import { planResources } from "../../src/plan/plan-lab.ts";
import type { CniCase, CniTold } from "../vm/cni-guest.ts";
import { PATIENCE, runGuest } from "../vm/guest.ts";
import { isVmThere } from "../vm/machine.ts";

const BIN = "/tmp/guest/bin";
const PROGRAMS = ["bridge", "host-local", "ipvlan", "vlan", "vrf"].map((name) => `/usr/lib/cni/${name}`);
const HOST_LOCAL = { type: "host-local", ranges: [[{ subnet: "{{.PodCIDR}}" }]], routes: [{ dst: "0.0.0.0/0" }] };

/** A dummy of the pod's own, with an address that is nobody else's. */
const DUMMY = `#!/bin/sh -e
case $CNI_COMMAND in VERSION) echo '{"cniVersion":"1.0.0","supportedVersions":["1.0.0"]}'; exit ;; ADD) ;; *) exit ;; esac
ip -n "\${CNI_NETNS##*/}" link add "$CNI_IFNAME" type dummy
ip -n "\${CNI_NETNS##*/}" addr add 10.9.0.1/32 dev "$CNI_IFNAME"
ip -n "\${CNI_NETNS##*/}" link set "$CNI_IFNAME" up
echo '{"cniVersion":"1.0.0","ips":[{"address":"10.9.0.1/32"}]}'
`;

/** Pods web, and as many others; one after another, as a lock has it, each takes long there. */
function labCase(
  name: string,
  plugins: readonly object[],
  ask: CniCase["ask"],
  more: object = {},
  pods = ["web"],
): CniCase {
  const conflist = { cniVersion: "1.0.0", name, plugins };
  const cluster = { nodes: ["n1"], dns: false, cni: { plugin: "cni", binDir: BIN, conflist, ...more } };
  const manifests = pods.map((pod) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: pod },
    spec: { nodeName: "n1", containers: [{ name: "c", image: "x" }] },
  }));
  const lab = { apiVersion: "k8snet-lab/v1", kind: "Lab", metadata: { name }, spec: { cluster } };
  const text = [lab, ...manifests].map((one) => JSON.stringify(one)).join("\n---\n");
  // Who watches the nodes is the agent, which is not there.
  const resources = planResources(loadLabText(text, `${name}.yaml`).lab).filter(({ kind }) => kind !== "watch");
  return { resources, ask };
}

const ping = (to: string) =>
  ["default/web", "sh", "-c", `ping -q -c 1 -W 5 ${to} >&2 && echo open || echo closed`] as const;
const kind = (ns: string, device: string) =>
  [ns, "sh", "-c", `ip -d link show ${device} | grep -ow -m 1 -e ipvlan -e vlan -e vrf -e dummy`] as const;

interface Case extends CniCase {
  readonly answers: readonly string[];
  /** An id and the plugin that made it; which version is known where a package has it. */
  readonly made: readonly [id: string, plugin: string];
}

const CASES: Readonly<Record<string, Case>> = {
  "cni-ipvlan": {
    ...labCase(
      "cni-ipvlan",
      [{ type: "ipvlan", master: "eth0", ipam: HOST_LOCAL }],
      [kind("default/web", "eth0"), kind("default/near", "eth0"), ping("10.244.0.2"), ping("10.244.0.3")],
      { routes: "none" },
      ["web", "near"],
    ),
    answers: ["ipvlan", "ipvlan", "open", "open"],
    made: ["adopted:default/web:eth0", "ipvlan"],
  },
  "cni-vlan": {
    ...labCase(
      "cni-vlan",
      [{ type: "vlan", master: "eth0", vlanId: 5, ipam: { ...HOST_LOCAL, routes: [{ dst: "10.244.0.0/16" }] } }],
      [kind("default/web", "eth0")],
      { routes: "none" },
    ),
    answers: ["vlan"],
    made: ["adopted:default/web:eth0", "vlan"],
  },
  "cni-vrf": {
    ...labCase(
      "cni-vrf",
      [
        { type: "bridge", isGateway: true, ipam: HOST_LOCAL },
        { type: "vrf", vrfname: "blue" },
      ],
      [
        kind("default/web", "blue"),
        ["default/web", "sh", "-c", "ping -q -c 1 -W 5 -I blue 10.244.0.1 >&2 && echo open || echo closed"],
      ],
    ),
    answers: ["vrf", "open"],
    made: ["adopted:default/web:blue", "vrf"],
  },
  "cni-dummy": {
    ...labCase("cni-dummy", [{ type: "make-dummy" }], [kind("default/web", "eth0")], {
      binDir: "/opt/cni/bin",
      scripts: { "make-dummy": DUMMY },
    }),
    answers: ["dummy"],
    made: ["adopted:default/web:eth0", "make-dummy"],
  },
};

// A call each: together they take longer than one has on a busy machine.
test.for([
  ["cni-ipvlan", "cni-vlan"],
  ["cni-vrf", "cni-dummy"],
])("%s and %s: devices of pods, their cause, gone with DEL", { timeout: PATIENCE }, async (names, context) => {
  if (!isVmThere()) return context.skip("needs a virtual machine");
  if (!PROGRAMS.every((file) => existsSync(file))) return context.skip("needs the package containernetworking-plugins");
  const cases = Object.fromEntries(Object.entries(CASES).filter(([name]) => names.includes(name)));
  const modules = ["veth", "bridge", "ipvlan", "8021q", "vrf", "dummy"];
  const told = await runGuest<Record<string, CniTold>>("cni-guest.ts", cases, modules, PROGRAMS);
  if (told === undefined) return context.skip("needs a virtual machine");
  for (const [name, { answers, made }] of Object.entries(cases)) {
    const one = told[name];
    const [id, plugin] = made;
    expect([name, one?.built.failures]).toEqual([name, []]);
    expect([name, ...(one?.answers ?? [])]).toEqual([name, ...answers]);
    expect([name, one?.made[id]]).toEqual([name, `made by ${plugin}, ADD of default/web`]);
    expect([name, one?.down.failures, one?.down.left]).toEqual([name, [], []]);
  }
});
