import { describe, expect, test } from "vitest";
import { loadLabText } from "../../../../src/load/load-lab.ts";
import { deriveSlices } from "../../../../src/kube/endpoint-slice/endpoint-slices.ts";
import { clusterLab } from "../../load/diagnose.ts";
import { cluster, CLUSTER, DUAL, pod, service, slicesOf, WEB } from "../service/service-lab.ts";

describe("EndpointSlices", () => {
  test("from pods: named ports per pod, readiness, hostname, zone", () => {
    const model = cluster(
      CLUSTER,
      service(
        "{ selector: { app: web }, ports: [ { name: http, port: 80, targetPort: web }, { name: raw, port: 81, targetPort: 9000 } ] }",
      ),
      pod("a", "nodeName: node1", "", ", ports: [ { name: web, containerPort: 8080 } ]"),
      pod("b", "nodeName: node2, hostname: bee, subdomain: s", "", ", ports: [ { name: web, containerPort: 8081 } ]"),
      pod(
        "c",
        "nodeName: node1",
        'status: { conditions: [ { type: Ready, status: "False" } ] }',
        ", ports: [ { name: web, containerPort: 8080 } ]",
      ),
      pod("d", "nodeName: node1", "", ", ports: [ { name: web, containerPort: 53, protocol: UDP } ]"),
    );
    const byPod = Object.fromEntries(
      slicesOf(model, "s").flatMap((slice) => slice.endpoints.map((one) => [one.pod ?? "", { slice, one }])),
    );
    expect(slicesOf(model, "s")).toHaveLength(3);
    expect(byPod["default/a"]?.slice.ports).toEqual([
      { name: "http", port: 8080, protocol: "TCP" },
      { name: "raw", port: 9000, protocol: "TCP" },
    ]);
    expect(byPod["default/b"]?.slice.ports[0]?.port).toBe(8081);
    expect(byPod["default/d"]?.slice.ports.map((port) => port.name)).toEqual(["raw"]);
    expect(byPod["default/a"]?.one).toMatchObject({
      ready: true,
      serving: true,
      terminating: false,
      nodeName: "node1",
    });
    expect(byPod["default/a"]?.one.hostname).toBeUndefined();
    expect(byPod["default/b"]?.one).toMatchObject({ hostname: "bee", zone: "b" });
    expect(byPod["default/c"]?.one).toMatchObject({ ready: false, serving: false });
  });

  test("a pod with a deletionTimestamp terminates: it serves, and is not ready", () => {
    const meta = 'deletionTimestamp: "2026-11-28T00:00:00Z"';
    const going = pod("b").replace("metadata: { name: b", `metadata: { name: b, ${meta}`);
    const still = pod("c").replace("metadata: { name: c", "metadata: { name: c, deletionTimestamp: null");
    const model = cluster(CLUSTER, service(WEB), pod("a"), going, still);
    const [slice] = slicesOf(model, "s");
    const conditions = slice?.endpoints.map(({ ready, serving, terminating }) => [ready, serving, terminating]);
    expect(conditions).toEqual([
      [true, true, false],
      [false, true, true],
      [true, true, false],
    ]);
  });

  test.each(["Succeeded", "Failed"])("a pod in phase %s has no network: no endpoint, no address, no port", (phase) => {
    const over = pod("b", "nodeName: node1", `status: { phase: ${phase}, podIP: 10.244.0.9 }`);
    const model = cluster(CLUSTER, service(WEB), over, pod("a", "nodeName: node1"));
    expect(model.pods.map((one) => one.name)).not.toContain("b");
    expect(model.pods.find((one) => one.name === "a")?.address.ipv4).toBe("10.244.0.2");
    expect(slicesOf(model, "s")).toMatchObject([{ endpoints: [{ pod: "default/a" }] }]);
    const { warnings } = loadLabText(clusterLab(CLUSTER, over), "lab.yaml");
    expect(warnings).toMatchObject([
      { severity: "warning", message: `pod default/b is not built: a pod in phase ${phase} has no network` },
    ]);
  });

  test("publishNotReadyAddresses makes endpoints ready, not serving", () => {
    const model = cluster(
      CLUSTER,
      service("{ clusterIP: None, publishNotReadyAddresses: true, selector: { app: web } }"),
      pod("a", "", 'status: { conditions: [ { type: Ready, status: "False" } ] }'),
    );
    expect(slicesOf(model, "s")).toMatchObject([{ ports: [], endpoints: [{ ready: true, serving: false }] }]);
  });

  test("one family each, at most 100 endpoints each, pods of other namespaces left out", () => {
    const deployment = `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: w }\nspec: { replicas: 120, selector: { matchLabels: { app: web } }, template: { metadata: { labels: { app: web } }, spec: { containers: [ { name: c } ] } } }`;
    const other =
      "apiVersion: v1\nkind: Pod\nmetadata: { name: o, namespace: kube-public, labels: { app: web } }\nspec: { containers: [ { name: c } ] }";
    const model = cluster(
      DUAL,
      service("{ ipFamilyPolicy: PreferDualStack, selector: { app: web }, ports: [ { port: 80 } ] }"),
      deployment,
      other,
    );
    const slices = slicesOf(model, "s");
    expect(slices.map((one) => `${one.family} ${one.endpoints.length}`).toSorted()).toEqual([
      "ipv4 100",
      "ipv4 20",
      "ipv6 100",
      "ipv6 20",
    ]);
    expect(new Set(slices.map((one) => one.name)).size).toBe(4);
    expect(slices.flatMap((one) => one.endpoints).some((one) => one.pod?.startsWith("kube-public/") === true)).toBe(
      false,
    );
  });

  test("hints: zones only where all have one; PreferSameNode names the node", () => {
    const pods = [pod("a", "nodeName: node1"), pod("b", "nodeName: node2")];
    const hintsOf = (distribution: string, ...which: string[]) =>
      slicesOf(
        cluster(
          CLUSTER,
          service(`{ selector: { app: web }, trafficDistribution: ${distribution}, ports: [ { port: 80 } ] }`),
          ...which,
        ),
        "s",
      ).flatMap((one) => one.endpoints.map((e) => e.hints));
    expect(hintsOf("PreferClose", ...pods)).toEqual([undefined, undefined]);
    expect(hintsOf("PreferClose", pods[1] ?? "")).toEqual([{ forZones: ["b"], forNodes: [] }]);
    expect(hintsOf("PreferSameNode", ...pods)).toEqual([
      { forZones: [], forNodes: ["node1"] },
      { forZones: ["b"], forNodes: ["node2"] },
    ]);
  });

  test("given ones: conditions as the API fills them; a Service without a selector has no others", () => {
    const slice = `apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: { name: e, labels: { kubernetes.io/service-name: s } }\naddressType: IPv4\nports: [ { port: 8080 } ]\nendpoints:\n  - { addresses: [192.0.2.1] }\n  - { addresses: [192.0.2.2], conditions: { ready: false } }\n  - { addresses: [192.0.2.3], conditions: { ready: false, serving: true, terminating: true }, nodeName: node1, targetRef: { kind: Pod, name: a } }`;
    const model = cluster(CLUSTER, service("{ ports: [ { port: 80 } ] }"), slice, pod("a"));
    expect(slicesOf(model, "s")).toMatchObject([
      {
        name: "e",
        ports: [{ name: "", port: 8080, protocol: "TCP" }],
        endpoints: [
          { addresses: ["192.0.2.1"], ready: true, serving: true, terminating: false },
          { ready: false, serving: false, terminating: false },
          { ready: false, serving: true, terminating: true, nodeName: "node1", pod: "default/a" },
        ],
      },
    ]);
  });

  test("from Endpoints: one per family and set of ports, not ready ones too, at most 1000 of a subset", () => {
    const many = Array.from({ length: 1001 }, (_, i) => `{ ip: 203.0.${113 + Math.floor(i / 250)}.${(i % 250) + 1} }`);
    const endpoints = `apiVersion: v1
kind: Endpoints
metadata: { name: s }
subsets:
  - addresses: [ { ip: 192.0.2.001, nodeName: node1, hostname: db, targetRef: { kind: Pod, name: a } }, { ip: "2001:DB8::1" } ]
    notReadyAddresses: [ { ip: 192.0.2.2 } ]
    ports: [ { name: sql, port: 5432 }, { name: dns, port: 53, protocol: UDP } ]
  - addresses: [ { ip: 192.0.2.3 } ]
    ports: [ { name: sql, port: 5432 }, { name: dns, port: 53, protocol: UDP } ]
  - addresses: [ { ip: 192.0.2.4 } ]
    ports: [ { port: 6000 } ]
  - addresses: [ ${many.join(", ")} ]`;
    const ports = "{ ports: [ { name: sql, port: 5432 }, { name: dns, port: 53, protocol: UDP } ] }";
    const found = slicesOf(cluster(CLUSTER, service(ports), endpoints), "s");
    const both = [
      { name: "sql", port: 5432, protocol: "TCP" },
      { name: "dns", port: 53, protocol: "UDP" },
    ];
    expect(new Set(found.map((one) => one.name)).size).toBe(4);
    const byPorts = (count: number, family: string) =>
      found.find((one) => one.ports.length === count && one.family === family);
    expect(byPorts(2, "ipv4")).toMatchObject({
      service: "s",
      ports: both,
      endpoints: [
        { addresses: ["192.0.2.1"], ready: true, nodeName: "node1", hostname: "db", pod: "default/a" },
        { addresses: ["192.0.2.2"], ready: false, serving: false },
        { addresses: ["192.0.2.3"], ready: true },
      ],
    });
    expect(byPorts(2, "ipv6")?.endpoints).toMatchObject([{ addresses: ["2001:db8::1"], ready: true }]);
    expect(byPorts(1, "ipv4")?.endpoints).toMatchObject([{ addresses: ["192.0.2.4"] }]);
    expect(byPorts(0, "ipv4")?.endpoints).toHaveLength(1000);
  });

  test("derived again with other pods, only what concerns them changes", () => {
    const model = cluster(CLUSTER, service(WEB), service(WEB, "t"), pod("a"), pod("b"));
    const pods = model.pods.map((one) => (one.name === "b" ? { ...one, ready: false } : one));
    const again = deriveSlices(model.services, pods, []);
    const ready = again
      .filter((one) => one.service === "s")
      .flatMap((one) => one.endpoints.map((e) => [e.pod, e.ready]));
    expect(ready).toEqual([
      ["default/a", true],
      ["default/b", false],
    ]);
    expect(again.map((one) => one.name)).toEqual(
      model.slices.filter((one) => one.service !== "kubernetes").map((one) => one.name),
    );
  });
});
