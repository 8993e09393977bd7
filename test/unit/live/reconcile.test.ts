import { expect, test } from "vitest";
import { deleteObjects, restart, scale, setLabels, setReady } from "../../../src/live/changes.ts";
import { policyWorld } from "../../../src/cluster/policy/policy-world.ts";
import { podTiers } from "../../../src/cluster/policy/tiers.ts";
import { isStuck, pending } from "../../../src/live/reconcile.ts";
import { mergeLive } from "../../../src/live/merge-live.ts";
import { LiveModel } from "./live-model.ts";
import { namespacedName } from "../../../src/net/object-ref.ts";

const text = (replicas: string, strategy = ""): string => `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: live }
spec: { cluster: { nodes: [node1, node2] }, checks: [ { name: c, from: pod/alone, http: "http://web/" } ] }
---
{ apiVersion: apps/v1, kind: Deployment, metadata: { name: web }, spec: { ${replicas} ${strategy} selector: { matchLabels: { app: web } }, template: { metadata: { labels: { app: web } }, spec: { containers: [ { name: web, ports: [ { containerPort: 80 } ] } ] } } } }
---
{ apiVersion: v1, kind: Service, metadata: { name: web }, spec: { selector: { app: web }, ports: [ { port: 80 } ] } }
---
{ apiVersion: v1, kind: Pod, metadata: { name: alone }, spec: { nodeName: node1, containers: [ { name: c } ] } }
`;

test("scaling up adds pods and leaves the others where they are", () => {
  const model = new LiveModel(text("replicas: 2,"));
  const before = model.pods;
  model.do(scale("deploy/web", 4));
  expect(model.web()).toHaveLength(4);
  for (const pod of before) {
    const now = model.pods.find((one) => namespacedName(one) === namespacedName(pod));
    expect(now?.address).toEqual(pod.address);
    expect(now?.node).toBe(pod.node);
  }
  expect(model.ready()).toHaveLength(4);
  expect(Math.min(...model.serving)).toBe(2);
});

test("only pods that no node takes are missing: nothing is gained by waiting", () => {
  const model = new LiveModel(text("replicas: 3,"));
  const { live, specs, pods } = model;
  const last = pods.findLast((pod) => pod.name.startsWith("web"));
  const nowhere = pods.filter((pod) => pod !== last);
  const unready = nowhere.map((pod) => (pod.name.startsWith("web") ? { ...pod, ready: false } : pod));
  expect([pods, nowhere, unready].map((these) => isStuck(live, { specs, pods: these }))).toEqual([false, true, false]);
  expect(pending(live, { specs, pods: nowhere })).toEqual([
    "Deployment default/web: 2 of 3 new pods ready, 1 Pending: no node takes it",
  ]);
});

test("a pod is not an endpoint in the round in which it is made, nor once it terminates", () => {
  const model = new LiveModel(text("replicas: 2,"));
  model.round(scale("deploy/web", 3));
  expect(model.web()).toHaveLength(3);
  expect(model.ready()).toHaveLength(2);
  model.round();
  expect(model.ready()).toHaveLength(3);
  model.round(scale("deploy/web", 1));
  expect(model.web()).toHaveLength(3);
  const endpoints = model.lab.clusters[0]?.slices.find((slice) => slice.service === "web")?.endpoints ?? [];
  expect(endpoints.filter((one) => one.terminating).map(({ ready, serving }) => ({ ready, serving }))).toEqual([
    { ready: false, serving: true },
    { ready: false, serving: true },
  ]);
  model.round();
  expect(model.web()).toHaveLength(1);
});

test("a rollout has new names in a new ReplicaSet, and never fewer ready pods than maxUnavailable allows", () => {
  const model = new LiveModel(text("replicas: 4,", "strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } },"));
  const before = new Set(model.web());
  const [hash] = model.pods.flatMap((pod) => pod.labels["pod-template-hash"] ?? []);
  model.do(restart("deploy/web", "2026-01-01T00:00:00Z"));
  expect(model.web()).toHaveLength(4);
  expect(model.web().filter((name) => before.has(name))).toEqual([]);
  expect(model.pods.map((pod) => pod.labels["pod-template-hash"])).not.toContain(hash);
  expect(Math.min(...model.serving)).toBeGreaterThanOrEqual(3);
  expect(model.live.workloads["Deployment default/web"]?.sets).toHaveLength(1);
});

test("Recreate has no pod to serve in between", () => {
  const model = new LiveModel(text("replicas: 2,", "strategy: { type: Recreate },"));
  model.do(restart("deploy/web", "2026-01-01T00:00:00Z"));
  expect(Math.min(...model.serving)).toBe(0);
  expect(model.ready()).toHaveLength(2);
});

test("a deleted pod of a Deployment is replaced under another name, a bare pod stays gone until up", () => {
  const model = new LiveModel(text("replicas: 2,"));
  const [first = "", second = ""] = model.web();
  model.do(deleteObjects([`pod/${first}`, "pod/alone"], 1));
  expect(model.web()).toHaveLength(2);
  expect(model.web()).not.toContain(first);
  expect(model.web()).toContain(second);
  expect(model.pods.map((pod) => pod.name)).not.toContain("alone");
  expect(model.lab.lost).toEqual([{ name: "c", reason: expect.stringContaining('no pod "alone"') as string }]);
  expect(mergeLive(model.live, model.input.manifests, model.before, model.nodes).deleted).toEqual([]);
});

test("a Service that is deleted is gone until up, the cluster's own are not", () => {
  const model = new LiveModel(text("replicas: 2,"));
  model.do(deleteObjects(["svc/web"], 1));
  expect(model.lab.clusters[0]?.services.map(({ name }) => name)).not.toContain("web");
  expect(mergeLive(model.live, model.input.manifests, model.before, model.nodes).deleted).toEqual([]);
  expect(() => deleteObjects(["svc/kube-system/kube-dns"], 1)(model.live, model.world)).toThrow(
    "belongs to the cluster",
  );
  expect(() => deleteObjects(["netpol/x"], 1)(model.live, model.world)).toThrow('no NetworkPolicy "default/x"');
});

test("cluster-wide policies are deleted by their short names, and what they isolate follows labels", () => {
  const rule = "ingress: [{ action: Deny, from: [{ namespaces: {} }] }]";
  const policy = `{ apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy, metadata: { name: closed }, spec: { tier: Admin, priority: 1, subject: { namespaces: { matchLabels: { tenant: a } } }, ${rule} } }`;
  const model = new LiveModel(`${text("replicas: 2,")}\n---\n${policy}\n`);
  const concerned = (): readonly string[] => {
    const [cluster] = model.lab.clusters;
    const world = cluster === undefined ? undefined : policyWorld(cluster);
    return world?.pods.filter((pod) => podTiers(world, pod, "ingress").length > 0).map(({ name }) => name) ?? [];
  };
  expect(concerned()).toEqual([]);
  model.do(setLabels("ns/default", { tenant: "a" }, false));
  expect(concerned()).toEqual(expect.arrayContaining(["alone", ...model.web()]));
  expect(() => deleteObjects(["cnp/default/closed"], 1)(model.live, model.world)).toThrow("there is no");
  expect(() => deleteObjects(["banp/default"], 1)(model.live, model.world)).toThrow(
    'no BaselineAdminNetworkPolicy "default"',
  );
  model.do(deleteObjects(["cnp/closed"], 1));
  expect(concerned()).toEqual([]);
  expect(mergeLive(model.live, model.input.manifests, model.before, model.nodes).deleted).toEqual([]);
});

test("readiness by hand", () => {
  const model = new LiveModel(text("replicas: 2,"));
  const [first = "", second = ""] = model.web();
  model.do(setReady([`pod/${first}`], false));
  expect(model.ready()).toEqual([`default/${second}`]);
  model.do(setReady([`pod/${first}`], undefined));
  expect(model.ready()).toHaveLength(2);
});

test("a pod that its ReplicaSet selects no more stays and is replaced", () => {
  const model = new LiveModel(text("replicas: 2,"));
  const [first = ""] = model.web();
  model.do(setLabels(`pod/${first}`, { app: null }, false));
  expect(model.web()).toHaveLength(3);
  expect(model.ready()).toHaveLength(2);
  expect(model.ready()).not.toContain(`default/${first}`);
  // Taken back, there is one too many.
  model.do(setLabels(`pod/${first}`, { app: "web" }, false));
  expect(model.web()).toHaveLength(2);
});

test("what cannot be is refused in kubectl's words", () => {
  const { live, world } = new LiveModel(text("replicas: 2,"));
  expect(() => scale("deploy/wep", 3)(live, world)).toThrow('there is no "deploy/wep"');
  expect(() => scale("deploy/web", -1)).toThrow("not a number of replicas");
  expect(() => deleteObjects(["deploy/web"], 1)(live, world)).toThrow('"deploy/web" has 2 pods');
  expect(() => deleteObjects(["node1"], 1)(live, world)).toThrow("is not a pod");
  expect(() => setLabels("pod/web-x", { app: "y" }, false)(live, world)).toThrow('there is no pod "web-x"');
});

test("a Service keeps its load-balancer address when another one is deleted", () => {
  const service = (name: string): string =>
    `{ apiVersion: v1, kind: Service, metadata: { name: ${name} }, spec: { type: LoadBalancer, selector: { app: web }, ports: [{ port: 80 }] } }`;
  const pools = [
    "{ apiVersion: metallb.io/v1beta1, kind: IPAddressPool, metadata: { name: first, namespace: metallb-system }, spec: { addresses: [192.168.50.200-192.168.50.209] } }",
    "{ apiVersion: metallb.io/v1beta1, kind: L2Advertisement, metadata: { name: all, namespace: metallb-system } }",
    "{ apiVersion: v1, kind: Namespace, metadata: { name: metallb-system } }",
  ];
  for (const more of [[], pools]) {
    const model = new LiveModel(
      [
        "{ apiVersion: k8snet-lab/v1, kind: Lab, metadata: { name: balanced }, spec: { cluster: { nodes: [node1] } } }",
        ...["a", "b", "c"].map(service),
        ...more,
      ].join("\n---\n"),
    );
    const addresses = (): Record<string, string | undefined> =>
      Object.fromEntries(
        (model.lab.clusters[0]?.services ?? [])
          .filter(({ type }) => type === "LoadBalancer")
          .map(({ name, loadBalancerIPs }) => [name, loadBalancerIPs[0]?.ip]),
      );
    const { a, b, c } = addresses();
    expect(new Set([a, b, c, undefined]).size).toBe(4);
    model.do(deleteObjects(["svc/a"], 1));
    expect(addresses()).toEqual({ b, c });
  }
});
