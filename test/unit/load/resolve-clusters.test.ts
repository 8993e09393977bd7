import { describe, expect, test } from "vitest";
import { loadLabText } from "../../../src/load/load-lab.ts";
import { planResources } from "../../../src/plan/plan-lab.ts";
import { isProblem } from "../../../src/targets/in-clusters.ts";
import { targetIndex } from "../../../src/targets/parse-target.ts";
import { diagnose } from "./diagnose.ts";

const pod = (cluster: string, name: string, spec = ""): string =>
  `---\n{ apiVersion: v1, kind: Pod, metadata: { name: ${name}, annotations: { k8snet-lab/cluster: ${cluster} } }, spec: { ${spec} containers: [ { name: c, ports: [ { containerPort: 80 } ] } ] } }\n`;
const lab = (east: string, west: string, more = ""): string => `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: two }
spec: { clusters: { east: { ${east} }, west: { ${west} } } ${more} }
${pod("east", "client")}${pod("west", "client", "nodeName: node1,")}${pod("west", "web")}`;
const NODES = "nodes: [node1]";
const load = (text: string) => loadLabText(text, "lab.yaml").lab;

describe("several clusters", () => {
  test("their namespaces begin with their names, and so do those on the host; one router joins the switches", () => {
    const made = planResources(load(lab(NODES, NODES)));
    expect(made.filter(({ kind }) => kind === "netns").map(({ ns }) => ns)).toEqual([
      "east.underlay",
      "west.underlay",
      "router",
      "internet",
      "east.node1",
      "west.node1",
      "east.default/client",
      "west.default/client",
      "west.default/web",
    ]);
    const legs = made.flatMap((one) =>
      one.kind === "addr" && one.ns === "router" ? [`${one.dev} ${one.address}`] : [],
    );
    expect(legs).toEqual(["eth0 192.168.50.1/24", "eth1 192.168.51.1/24", "internet 203.0.113.1/24"]);
  });

  test("who describes the internet changes no address", () => {
    const shared = `${NODES}, nodeCIDR: 192.168.60.0/24`;
    const [east, west] = load(lab(shared, `${shared}, internet: { servers: [81] }`)).clusters;
    expect([east?.nodes[0]?.address.ipv4, west?.nodes[0]?.address.ipv4]).toEqual(["192.168.60.11", "192.168.60.12"]);
    expect(east?.internet.servers).toEqual([81]);
  });

  test("a node and its pods know it by its own name", () => {
    const west = load(lab(NODES, NODES)).clusters[1];
    expect(west?.nodes[0]).toMatchObject({ name: "west.node1", labels: { "kubernetes.io/hostname": "node1" } });
    const files = planResources(load(lab(NODES, NODES))).flatMap((one) =>
      one.kind === "file" && one.ns === "west.node1" && one.path === "/etc/hostname" ? [one.content] : [],
    );
    expect(files).toEqual(["node1\n"]);
  });

  test("the same pod range is taken, and is routed only where a cluster is flat", () => {
    const routes = (text: string): string[] =>
      planResources(load(text)).flatMap((one) =>
        one.kind === "route" && one.ns === "router" ? [`${one.to} via ${one.via} dev ${one.dev}`] : [],
      );
    expect(routes(lab(NODES, NODES))).toEqual([]);
    expect(routes(lab(NODES, `${NODES}, flat: true`))).toEqual(["10.244.0.0/24 via 192.168.51.11 dev eth1"]);
    expect(diagnose(lab(`${NODES}, flat: true`, `${NODES}, flat: true`)).join("\n")).toContain(
      "podCIDR 10.244.0.0/16 of cluster west overlaps podCIDR 10.244.0.0/16 of cluster east",
    );
  });

  test("what the router leads to differs, and there is one internet", () => {
    const inside = lab(`${NODES}, nodeCIDR: 192.168.60.0/24`, `${NODES}, nodeCIDR: 192.168.60.0/25`);
    expect(diagnose(inside).join("\n")).toContain("nodeCIDR 192.168.60.0/25 of cluster west overlaps nodeCIDR");
    const internet = lab(`${NODES}, internet: { servers: [80] }`, `${NODES}, internet: { servers: [81] }`);
    expect(diagnose(internet).join("\n")).toContain(
      "the lab has one internet, and spec.clusters.east.internet describes it",
    );
    const shared = load(lab(`${NODES}, internet: { servers: [8080] }`, NODES));
    expect(shared.clusters.map((one) => one.internet.servers)).toEqual([[8080], [8080]]);
  });

  test("one nodeCIDR is one switch: each address is given once, also to load balancers; the router leads to flat pods", () => {
    const shared = "nodeCIDR: 192.168.60.0/24";
    const text = lab(`${NODES}, ${shared}`, `nodes: [node1, node2], ${shared}, podCIDR: 10.245.0.0/16, flat: true`);
    const [east, west] = load(text).clusters;
    expect(west?.nodes.map(({ address, switch: on }) => `${address.ipv4} ${on}`)).toEqual([
      "192.168.60.12 east.underlay",
      "192.168.60.13 east.underlay",
    ]);
    expect([east, west].map((one) => one?.loadBalancer.ranges[0])).toEqual(["192.168.60.240/28", "192.168.60.224/28"]);
    const made = planResources(load(text));
    const ports = made.flatMap((one) => (one.kind === "veth" ? [`${one.peer.ns} ${one.peer.name}`] : []));
    expect(ports.filter((one) => one.startsWith("east.underlay "))).toEqual([
      "east.underlay east.node1",
      "east.underlay west.node1",
      "east.underlay west.node2",
      "east.underlay router",
    ]);
    const routes = made.flatMap((one) => (one.kind === "route" && one.ns === "router" ? [`${one.to} ${one.dev}`] : []));
    expect(routes).toEqual(["10.245.0.0/24 eth0", "10.245.1.0/24 eth0"]);
  });

  test.each([
    ["mtu: 1400", "mtu 1400 of cluster west, but 1500 of cluster east on the same switch"],
    ["loadBalancer: { cidr: 192.168.60.240/28 }", "overlaps 192.168.60.240/28 of cluster east"],
    ["loadBalancer: { cidr: 192.168.60.8/29 }", "has the address of east.node1, which is on the same switch"],
    ["nodes: [ { name: node1, address: 192.168.60.11 } ]", "duplicate address: east.node1 has 192.168.60.11 already"],
  ])("on one switch: %s", (west, message) => {
    const nodes = west.startsWith("nodes") ? "" : `${NODES}, `;
    const text = lab(`${NODES}, nodeCIDR: 192.168.60.0/24`, `${nodes}nodeCIDR: 192.168.60.0/24, ${west}`);
    expect(diagnose(text).join("\n")).toContain(message);
  });

  test("a route of the raw layer leads to another cluster, too, and is not reported as missing", () => {
    const own = ", topology: { nodes: { east.node1: { routes: [ { to: 10.245.0.0/24, via: 192.168.60.12 } ] } } }";
    const check = `, checks: [ { name: a, from: east.pod/client, tcp: "west.pod/web:80", expect: open } ]`;
    const shared = `${NODES}, nodeCIDR: 192.168.60.0/24`;
    const found = loadLabText(lab(shared, `${shared}, podCIDR: 10.245.0.0/16`, own + check), "lab.yaml");
    expect(found.warnings).toEqual([]);
    expect(planResources(found.lab)).toContainEqual(
      expect.objectContaining({ kind: "route", ns: "east.node1", to: "10.245.0.0/24", via: "192.168.60.12" }),
    );
  });

  test("a check that goes where no route leads is warned of", () => {
    const check = (name: string, to: string): string =>
      `{ name: ${name}, from: east.pod/client, tcp: "${to}", expect: open }`;
    const checks = `, checks: [ ${check("a", "west.pod/web:80")}, { name: b, from: east.pod/client, tcp: "west.pod/web:80", expect: unreachable } ]`;
    const warnings = (west: string): readonly string[] =>
      loadLabText(lab(NODES, west, checks), "lab.yaml").warnings.map(({ message }) => message);
    expect(warnings(NODES)).toEqual([
      "east.pod/client does not reach west.pod/web: 10.244.0.3 is in a range of cluster east itself",
    ]);
    expect(warnings(`${NODES}, podCIDR: 10.245.0.0/16`)).toEqual([
      "east.pod/client does not reach west.pod/web: the lab's router has no route to the pods of cluster west",
    ]);
    expect(warnings(`${NODES}, podCIDR: 10.245.0.0/16, flat: true`)).toEqual([]);
  });

  test("a check of another cluster's cluster IP is warned of, and a cluster without DNS is named", () => {
    const service =
      "---\n{ apiVersion: v1, kind: Service, metadata: { name: web, annotations: { k8snet-lab/cluster: west } }, spec: { selector: {}, ports: [ { port: 80 } ] } }\n";
    const text = (check: string): string =>
      lab(NODES, `${NODES}, serviceCIDR: 10.97.0.0/16`, `, checks: [ { name: a, from: east.pod/client, ${check} } ]`) +
      service;
    const warnings = (check: string): readonly string[] =>
      loadLabText(text(check), "lab.yaml").warnings.map(({ message }) => message);
    expect(warnings('tcp: "west.svc/web:80"')).toContain(
      "east.pod/client does not reach west.svc/web: a cluster IP means nothing outside of its cluster",
    );
    expect(warnings('tcp: "west.svc/web:80", expect: unreachable').join("\n")).not.toContain("does not reach");
    expect(diagnose(text("dns: web.default.svc.cluster.local")).join("\n")).toContain(
      "the cluster of east.pod/client has no DNS",
    );
  });

  test("a manifest says its cluster", () => {
    const unsaid = `${lab(NODES, NODES)}---\n{ apiVersion: v1, kind: Pod, metadata: { name: lost }, spec: { containers: [ { name: c } ] } }\n`;
    expect(diagnose(unsaid).join("\n")).toContain(
      "the lab has 2 clusters, and this manifest does not say which it is for",
    );
    expect(diagnose(lab(NODES, NODES) + pod("wset", "lost")).join("\n")).toContain('there is no cluster "wset"');
  });

  test("cluster and clusters together are a mistake", () => {
    expect(diagnose(lab(NODES, NODES, `, cluster: { ${NODES} }`)).join("\n")).toContain(
      "the lab has both cluster and clusters",
    );
  });
});

describe("targets in several clusters", () => {
  const found = (text: string): unknown => {
    const targets = targetIndex(load(lab(NODES, NODES))).find(text);
    return isProblem(targets) ? targets : targets.map(({ ns }) => ns);
  };

  test.each([
    ["west.pod/client", ["west.default/client"]],
    ["west.pod/default/client/eth0", ["west.default/client"]],
    ["east.node1/eth0", ["east.node1"]],
    ["router", ["router"]],
    // There is only one.
    ["pod/web", ["west.default/web"]],
  ])("%s", (text, wanted) => expect(found(text)).toEqual(wanted));

  test("a name that two clusters have is an error with the choices", () => {
    expect(found("pod/client")).toEqual({
      message: '"pod/client" is in 2 clusters',
      hint: "name one of them: east.pod/client or west.pod/client",
    });
  });
});
