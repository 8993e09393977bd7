/** frozen: rules of one node stay as they were while endpoints and policies change; undone, they are those of now. */
import { expect, test } from "vitest";
import { injectFault, undoFaults } from "../../../../src/live/faults.ts";
import type { World } from "../../../../src/live/stored-view.ts";
import { UNTOUCHED } from "../../../../src/kube/workload/live-state.ts";
import { loadLabText } from "../../../../src/load/load-lab.ts";
import { planChange } from "../../../../src/plan/plan-operations.ts";
import { planResources } from "../../../../src/plan/plan-lab.ts";
import { NETWORK_PLUGINS } from "../../../../src/cluster/cni/registry.ts";
import { DAEMONS, madeBy } from "../../../../src/faults/frozen/made-by.ts";
import type { Resource } from "../../../../src/resources/resource.ts";

const pod = (name: string): string =>
  `{ apiVersion: v1, kind: Pod, metadata: { name: ${name}, labels: { app: web } }, spec: { nodeName: node2, containers: [{ name: c, ports: [{ containerPort: 80 }] }] } }`;
const SERVICE =
  "{ apiVersion: v1, kind: Service, metadata: { name: web }, spec: { clusterIP: 10.96.0.80, selector: { app: web }, ports: [{ port: 80 }] } }";
const POLICY =
  "{ apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: { name: deny }, spec: { podSelector: {}, ingress: [] } }";

function labOf(mode: string, backend: string, ...more: readonly string[]) {
  const head = `{ apiVersion: k8snet-lab/v1, kind: Lab, metadata: { name: t }, spec: { cluster: { nodes: [node1, node2], kubeProxy: ${mode}, networkPolicy: { backend: ${backend} } } } }`;
  return loadLabText([head, pod("one"), SERVICE, ...more].join("\n---\n"), "lab.yaml").lab;
}

const RULES = new Set(["iptables", "nft", "ipvs", "ipset"]);

/** Where the rules change between two labs. */
function changed(before: ReturnType<typeof labOf>, after: ReturnType<typeof labOf>): readonly string[] {
  const { operations } = planChange("t", planResources(before), planResources(after));
  const all = operations.filter(({ resource }) => RULES.has(resource.kind)).map(({ resource }) => resource.ns);
  return [...new Set(all)].toSorted((a, b) => (a < b ? -1 : 1));
}

test.each(["iptables", "nftables", "ipvs"])("kube-proxy in mode %s does not see a new endpoint", (mode) => {
  const [before, after] = [labOf(mode, "iptables"), labOf(mode, "iptables", pod("two"))];
  expect(changed(before, after)).toEqual(["node1", "node2"]);
  const frozen = injectFault({ frozen: { at: "node1", daemon: "kube-proxy" } })(UNTOUCHED, { lab: before } as World);
  const injected = frozen.faults ?? [];
  expect(changed(before, { ...before, injected })).toEqual([]);
  expect(changed({ ...before, injected }, { ...after, injected })).toEqual(["node2"]);
  expect(undoFaults([])(frozen, { lab: after } as World)).toEqual(UNTOUCHED);
  expect(changed({ ...after, injected }, after)).toEqual(["node1"]);
});

test.each(["flannel", "kindnet", "calico"])("the daemon of %s does not see a new node", (plugin) => {
  const of = (...nodes: readonly string[]) =>
    loadLabText(
      `{ apiVersion: k8snet-lab/v1, kind: Lab, metadata: { name: t }, spec: { cluster: { nodes: [${nodes.join(", ")}], cni: { plugin: ${plugin} } } } }`,
      "lab.yaml",
    ).lab;
  const [before, after] = [of("node1", "node2"), of("node1", "node2", "node3")];
  const frozen = injectFault({ frozen: { at: "node1", daemon: "cni" } })(UNTOUCHED, { lab: before } as World);
  const injected = frozen.faults ?? [];
  const own = (lab: typeof before, ns: string): readonly string[] =>
    planResources(lab).flatMap((one) =>
      one.ns === ns && ["route", "fdb", "neigh"].includes(one.kind) ? [one.id] : [],
    );
  expect(own({ ...after, injected }, "node1").toSorted()).toEqual(own(before, "node1").toSorted());
  expect(own({ ...after, injected }, "node2")).toEqual(own(after, "node2"));
  expect(own(after, "node1")).not.toEqual(own(before, "node1"));
  expect(planChange("t", planResources(before), planResources({ ...before, injected })).operations).toEqual([]);
  const caughtUp = planChange("t", planResources({ ...after, injected }), planResources(after)).operations;
  expect(new Set(caughtUp.map(({ resource }) => resource.ns))).toEqual(new Set(["node1"]));
});

test.each(["iptables", "nftables"])(
  "a policy by %s is not enforced on the node whose daemon has stopped",
  (backend) => {
    const [before, after] = [labOf("iptables", backend), labOf("iptables", backend, POLICY)];
    expect(changed(before, after)).toContain("node2");
    const frozen = injectFault({ frozen: { at: "node2", daemon: "policy" } })(UNTOUCHED, { lab: before } as World);
    const injected = frozen.faults ?? [];
    const own = (lab: typeof before): readonly string[] =>
      planResources(lab).flatMap((one) =>
        one.ns !== "node2"
          ? []
          : one.kind === "nft"
            ? [one.table]
            : one.kind === "iptables"
              ? one.chains.map(({ name }) => name).filter((name) => name.startsWith("NP-"))
              : [],
      );
    expect(own({ ...after, injected })).toEqual(own(before));
    expect(own(after)).not.toEqual(own(before));
  },
);

const HOST_PORT =
  "{ apiVersion: v1, kind: Pod, metadata: { name: edge }, spec: { nodeName: node1, containers: [{ name: c, ports: [{ containerPort: 80, hostPort: 8080 }] }] } }";

/** Chains, sets and tables of a node: their names. */
function rulesOf(one: Resource): readonly string[] {
  if (one.kind === "iptables") return one.chains.flatMap(({ name, builtin }) => (builtin ? [] : [name]));
  if (one.kind === "ipset") return [one.name];
  return one.kind === "nft" ? [one.table] : [];
}

// Real plugins make their rules themselves.
const PLUGINS = [...NETWORK_PLUGINS.values()].flatMap(({ name, plain }) => (name === "cni" ? [] : [plain]));
const MODES = ["iptables", "nftables", "ipvs", "userspace"];

// The VPC CNI's policies come before Services translate, which does not go with ipvs.
const goTogether = (plugin: unknown, mode: string): boolean => plugin !== "vpc" || mode !== "ipvs";

test.each(
  PLUGINS.flatMap((cni) =>
    MODES.flatMap((mode) => (goTogether(cni["plugin"], mode) ? [[cni["plugin"], mode, cni] as const] : [])),
  ),
)("each chain, set and table of %s with kube-proxy %s is a daemon's, or portmap's", (_plugin, mode, cni) => {
  const head = { apiVersion: "k8snet-lab/v1", kind: "Lab", metadata: { name: "t" } };
  const spec = { cluster: { nodes: ["node1", "node2"], kubeProxy: mode, cni } };
  const text = [JSON.stringify({ ...head, spec }), pod("one"), HOST_PORT, SERVICE, POLICY].join("\n---\n");
  const all = planResources(loadLabText(text, "lab.yaml").lab).filter(({ ns }) => ns === "node1");
  const made = new Set(all.flatMap((one) => DAEMONS.flatMap((daemon) => madeBy(one, daemon) ?? [])).flatMap(rulesOf));
  const left = all.flatMap(rulesOf).filter((name) => !made.has(name) && !/^CNI-(HOSTPORT|DN)-/.test(name));
  expect(left).toEqual([]);
  expect(made.size).toBeGreaterThan(0);
});
