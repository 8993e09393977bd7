/**
 * What a network plugin may say about policies, with packets: each switch turned away from its default, in both backends. The oracle
 * and the rules in the kernel must say the same.
 *
 *     client, web, shut — n1      far — n2      internet, to which the router leads pods back (flat)
 *
 * web lets in 0.0.0.0/0; shut has no way in, and out only to the pods `web`; client may send to the Service's address alone.
 */
import { afterEach, describe, expect, test } from "vitest";
import type { AgentClient } from "../../src/agent/client.ts";
import { kindnet } from "../../src/cluster/cni/kindnet/kindnet.ts";
import type { NetworkPlugin } from "../../src/cluster/cni/plugin.ts";
import { NETWORK_PLUGINS } from "../../src/cluster/cni/registry.ts";
import { podDevicesOf } from "../../src/cluster/pod-devices.ts";
import { policyWorld } from "../../src/cluster/policy/policy-world.ts";
import { DEFAULT_SWITCHES } from "../../src/cluster/policy/switches.ts";
import type { PolicySwitches } from "../../src/cluster/policy/switches.ts";
import { getDriver } from "../../src/drivers/registry.ts";
import { PolicyRules } from "../../src/installed/policy-rules.ts";
import { loadLabText } from "../../src/load/load-lab.ts";
import { policyPaths } from "../../src/oracle/policy/policy-path.ts";
import { planResources } from "../../src/plan/plan-lab.ts";
import { agentIds, down, leftovers, up } from "./agent-lab.ts";

const LAB = `policy-switches-${process.pid}`;
const SERVICE = "10.96.0.80";

const pod = (name: string, node: string): string =>
  `{ apiVersion: v1, kind: Pod, metadata: { name: ${name}, labels: { app: ${name} } }, spec: { nodeName: ${node}, containers: [ { name: c, image: x, ports: [ { containerPort: 80 } ] } ] } }`;
const policy = (name: string, spec: string): string =>
  `{ apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: { name: ${name} }, spec: { podSelector: { matchLabels: { app: ${name} } }, ${spec} } }`;

const text = (backend: string): string =>
  [
    `{ apiVersion: k8snet-lab/v1, kind: Lab, metadata: { name: ${LAB} }, spec: { cluster: { nodes: [n1, n2], flat: true, cni: { plugin: kindnet }, dns: false, networkPolicy: { backend: ${backend} } }, topology: { nodes: { internet: { routes: [ { to: 10.244.0.0/16, via: 203.0.113.1 } ] } } } } }`,
    pod("client", "n1"),
    pod("web", "n1"),
    pod("shut", "n1"),
    pod("far", "n2"),
    `{ apiVersion: v1, kind: Service, metadata: { name: web }, spec: { clusterIP: ${SERVICE}, selector: { app: web }, ports: [ { port: 80 } ] } }`,
    policy("web", "ingress: [ { from: [ { ipBlock: { cidr: 0.0.0.0/0 } } ] } ]"),
    policy(
      "shut",
      "policyTypes: [Ingress, Egress], egress: [ { to: [ { podSelector: { matchLabels: { app: web } } } ] } ]",
    ),
    policy("client", `policyTypes: [Egress], egress: [ { to: [ { ipBlock: { cidr: ${SERVICE}/32 } } ] } ]`),
  ].join("\n---\n");

/** With the defaults: `from to` → outcome. A node port of nothing is refused where a packet gets there. */
const DEFAULT: Readonly<Record<string, string>> = {
  "far web": "open",
  "shut web": "open",
  "shut service": "open",
  "shut n1": "refused",
  "n1 shut": "open",
  "far shut": "timeout",
  "client service": "timeout",
  "client web": "timeout",
  "client n1": "refused",
  "internet web": "open",
};

const CASES: readonly (readonly [Partial<PolicySwitches>, Readonly<Record<string, string>>])[] = [
  [{}, {}],
  [{ ipBlockMatchesPods: false }, { "far web": "timeout", "shut web": "timeout", "shut service": "timeout" }],
  [{ nodeAlwaysAllowed: false }, { "shut n1": "timeout", "n1 shut": "timeout", "client n1": "timeout" }],
  [{ nodeAlwaysAllowed: "ingress" }, { "shut n1": "timeout", "client n1": "timeout" }],
  [{ denyAs: "reject" }, { "far shut": "refused", "client service": "refused", "client web": "refused" }],
  [{ beforeDNAT: true }, { "shut service": "timeout", "client service": "open" }],
];

describe.each(["iptables", "nftables"] as const)("%s", (backend) => {
  let client: AgentClient | undefined;
  let ids: readonly string[] = [];

  afterEach(async () => {
    (NETWORK_PLUGINS as Map<string, NetworkPlugin>).set("kindnet", kindnet);
    if (client !== undefined) await down(client);
    client = undefined;
    expect(leftovers(LAB, ids)).toEqual([]);
  });

  test.each(CASES.map(([switches, changes]) => [JSON.stringify(switches), switches, changes] as const))(
    "%s",
    async (_name, switches, changes) => {
      const plugin = { ...kindnet, switches: { ...DEFAULT_SWITCHES, ...switches } } as NetworkPlugin;
      (NETWORK_PLUGINS as Map<string, NetworkPlugin>).set("kindnet", plugin);
      const { lab } = loadLabText(text(backend), "lab.yaml");
      const agent = await up(getDriver("netns"), LAB, planResources(lab));
      client = agent;
      ids = agentIds(LAB);
      const [cluster] = lab.clusters;
      if (cluster === undefined) throw new Error("no cluster");
      const address = (name: string): string => {
        if (name === "service") return SERVICE;
        if (name === "internet") return cluster.internet.address.ipv4 ?? "";
        return [...cluster.nodes, ...cluster.pods].find((one) => one.name === name)?.address.ipv4 ?? "";
      };
      const sender = (name: string) => {
        const found = cluster.pods.find((one) => one.name === name);
        const ns = found?.ns ?? name;
        const who = found === undefined ? {} : { pod: { namespace: "default", name } };
        return { text: name, ns, node: found?.node ?? name, ...who, addresses: { ipv4: address(name) } };
      };
      const wanted: Readonly<Record<string, string>> = { ...DEFAULT, ...changes };
      const found: Record<string, string> = {};
      // What surprises is asked again: on a loaded machine an answer may be late.
      for (const timeout of [1000, 2000, 8000]) {
        const asked = Object.keys(wanted).filter((line) => found[line] !== wanted[line]);
        const probes = asked.map((line) => {
          const [from = "", to = ""] = line.split(" ");
          return { kind: "tcp", ns: sender(from).ns, to: address(to), port: 80, timeout } as const;
        });
        if (probes.length === 0) break;
        const { results } = await agent.call("probe", { probes });
        for (const [i, line] of asked.entries()) found[line] = results[i]?.outcome ?? "";
      }
      expect(found).toEqual(wanted);

      const rules = await PolicyRules.read(agent, cluster, ["n1", "n2"], "ipv4", podDevicesOf);
      const world = policyWorld(cluster);
      const judged = Object.keys(wanted).map((line) => {
        const [from = "", to = ""] = line.split(" ");
        const paths =
          policyPaths(cluster, world, sender(from), { address: address(to), port: 80 }, "TCP", "ipv4") ?? [];
        return [line, ...paths.map((path) => [path.judgement.allowed, rules.judge(path)?.allowed])];
      });
      const isDenied = (line: string): boolean =>
        wanted[line] === "timeout" || (wanted[line] === "refused" && !line.endsWith(" n1"));
      expect(judged).toEqual(Object.keys(wanted).map((line) => [line, [!isDenied(line), !isDenied(line)]]));
    },
  );
});
