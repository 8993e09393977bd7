/**
 * Calico with packets, in both families and each mode that this kernel has: pods, a Service, a hostPort, the way out, and which source
 * is seen. Addresses that a node borrowed of another's block are reached by routes of their own.
 *
 *     client, web — n1      far — n2 (same subnet)      away — n3 (another subnet)      internet
 */
import { describe, expect, test } from "vitest";
import { podDevicesOf } from "../../src/cluster/pod-devices.ts";
import { policyWorld } from "../../src/cluster/policy/policy-world.ts";
import { PolicyRules } from "../../src/installed/policy-rules.ts";
import type { Lab } from "../../src/lab/lab.ts";
import { policyPaths } from "../../src/oracle/policy/policy-path.ts";
import { both } from "./answers.ts";
import { labDuring, pod, WEB_SERVICE } from "./plugin-lab.ts";

const LAB = `calico-${process.pid}`;

const documents = (cni: string, more = ""): readonly string[] => [
  `{ apiVersion: k8snet-lab/v1, kind: Lab, metadata: { name: ${LAB} }, spec: { cluster: { nodes: [n1, n2, { name: n3, nodeCIDR: [192.168.60.0/24, "fd00:60::/64"] }], podCIDR: [10.244.0.0/16, "fd00:10:244::/56"], cni: { plugin: calico, ${cni} }, dns: false${more} } } }`,
  pod("client", "n1"),
  pod("web", "n1", "containerPort: 80, hostPort: 8080"),
  pod("far", "n2"),
  pod("away", "n3"),
  WEB_SERVICE,
];

const NAMED = { service: ["10.96.0.80", "fd00:10:96::80"] } as const;

/** `tunnel`: where a node's own packets to pods of another subnet, or of its own, have the tunnel's address. */
const MODES = [
  { cni: "encapsulation: VXLANCrossSubnet", near: false, across: true },
  { cni: "encapsulation: VXLAN", near: true, across: true },
  { cni: "linuxDataplane: Nftables", more: ", kubeProxy: nftables", near: false, across: true },
  { cni: "encapsulation: None", more: ", flat: true", near: false, across: false },
] as const;

/** Addresses of the nodes' tunnels, as `n1-tunnel`; where there are none, the node's own. */
function named({ clusters: [cluster] }: Lab): Readonly<Record<string, readonly [string, string]>> {
  const { tunnels = {} } = (cluster?.cni ?? {}) as { readonly tunnels?: Readonly<Record<string, string>> };
  const own = (cluster?.nodes ?? []).map(({ name, address }) => {
    const of = (device: string, other: string | undefined): string => tunnels[`${name}/${device}`] ?? other ?? "";
    return [`${name}-tunnel`, [of("vxlan.calico", address.ipv4), of("vxlan-v6.calico", address.ipv6)]] as const;
  });
  return { ...NAMED, ...Object.fromEntries(own) };
}

describe.each(MODES)("Calico, $cni", ({ cni, near, across, ...rest }) => {
  const on = labDuring(LAB, documents(cni, "more" in rest ? rest.more : ""), named);
  const { expectAnswers } = on;

  test("pods, nodes and the way out", async () => {
    await expectAnswers(
      both({
        "client web": "web sees client",
        "client far": "far sees client",
        "far web": "web sees far",
        "client away": "away sees client",
        "away client": "client sees away",
        "n2 web": near ? "web sees n2-tunnel" : "web sees n2",
        "n3 web": across ? "web sees n3-tunnel" : "web sees n3",
      }),
    );
    await expectAnswers({ "n1 web 4": "web sees n1", "n1 web 6": "web sees n1-tunnel" });
    await expectAnswers({ "client internet 4 80": "internet sees n1", "away internet 4 80": "internet sees n3" });
  });

  test("a Service: from pods, from the pod behind it, from nodes", async () => {
    await expectAnswers(
      both({
        "client service": "web sees client",
        "far service": "web sees far",
        "away service": "web sees away",
        "away n3 30080": across ? "web sees n3-tunnel" : "web sees n3",
      }),
    );
  });

  test("a hostPort", async () => {
    await expectAnswers(both({ "n2 n1 8080": "web sees n2", "internet n1 8080": "web sees internet" }));
  });

  test("what is there is what was asked for", async () => {
    await on.expectSame();
  });
});

const policy = (name: string, spec: string): string =>
  `{ apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: { name: ${name} }, spec: ${spec} }`;

// shut: no egress but to web; web: from client and shut, by the port's name, and from a block less one address; open: in no policy
const POLICY_LAB = [
  `{ apiVersion: k8snet-lab/v1, kind: Lab, metadata: { name: ${LAB} }, spec: { cluster: { nodes: [n1, n2], podCIDR: [10.244.0.0/16, "fd00:10:244::/56"], cni: { plugin: calico }, dns: falseMORE } } }`,
  pod("client", "n1"),
  pod("web", "n1", "containerPort: 80, name: http"),
  pod("shut", "n1"),
  pod("far", "n2"),
  pod("open", "n2"),
  `{ apiVersion: v1, kind: Service, metadata: { name: web }, spec: { ipFamilyPolicy: RequireDualStack, clusterIP: 10.96.0.80, clusterIPs: [10.96.0.80, "fd00:10:96::80"], selector: { app: web }, ports: [ { port: 80 } ] } }`,
  policy(
    "shut",
    "{ podSelector: { matchLabels: { app: shut } }, policyTypes: [Egress, Ingress], egress: [ { to: [ { podSelector: { matchLabels: { app: web } } } ] } ] }",
  ),
  policy(
    "web-clients",
    "{ podSelector: { matchLabels: { app: web } }, ingress: [ { from: [ { podSelector: { matchExpressions: [ { key: app, operator: In, values: [client, shut] } ] } } ], ports: [ { port: http } ] } ] }",
  ),
  policy(
    "web-block",
    '{ podSelector: { matchLabels: { app: web } }, ingress: [ { from: [ { ipBlock: { cidr: 10.244.0.64/26, except: [10.244.0.65/32] } }, { ipBlock: { cidr: "fd00:10:244::/56", except: ["fd00:10:244::/122"] } } ], ports: [ { port: 1 }, { port: 80 } ] } ] }',
  ),
].join("\n---\n");

/** Felix' own, in both of its data planes, and those of another backend beside Felix. */
const ENFORCED = [
  { by: "Felix by iptables", cni: "", more: "" },
  { by: "Felix by nftables", cni: ", linuxDataplane: Nftables", more: ", kubeProxy: nftables" },
  { by: "the backend nftables", cni: "", more: ", networkPolicy: { backend: nftables }" },
] as const;

describe.each(ENFORCED)("Calico, policies by $by", ({ cni, more }) => {
  const on = labDuring(
    LAB,
    [POLICY_LAB.replace("plugin: calico", `plugin: calico${cni}`).replace("MORE", more)],
    () => NAMED,
  );

  test("who reaches whom", async () => {
    await on.expectAnswers(
      both({
        "client web": "web sees client",
        "client service": "web sees client",
        "shut web": "web sees shut",
        "shut service": "web sees shut",
        "shut far": "timeout",
        "client shut": "timeout",
        "client far": "far sees client",
        "open far": "far sees open",
        "n2 shut": "timeout",
        "shut n1 9": "timeout",
        "client n1 9": "refused",
      }),
    );
    // far has the address that the block leaves out; open the next one.
    await on.expectAnswers({ "far web 4": "timeout", "open web 4": "web sees open" });
  });

  test("installed rules are followed to the same verdicts", async () => {
    const [cluster] = on.lab.clusters;
    if (cluster === undefined) throw new Error("no cluster");
    const world = policyWorld(cluster);
    const pods = cluster.pods.filter(({ hostNetwork }) => !hostNetwork);
    const rules = await PolicyRules.read(on.client, cluster, ["n1", "n2"], "ipv4", podDevicesOf);
    for (const from of pods)
      for (const to of pods) {
        const source = { text: from.name, ns: from.ns, node: from.node, pod: from, addresses: from.address };
        const asked = { address: to.address.ipv4 ?? "", port: 80 };
        for (const path of policyPaths(cluster, world, source, asked, "TCP", "ipv4") ?? [])
          expect([from.name, to.name, rules.judge(path)?.allowed]).toEqual([
            from.name,
            to.name,
            path.judgement.allowed,
          ]);
      }
  });

  test("what is there is what was asked for", async () => {
    await on.expectSame();
  });
});
