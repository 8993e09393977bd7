/** Where pods go, and what is said of those that go nowhere. Each line: the pods of a workload with their nodes. */
import { expect, test } from "vitest";
import { loadLabText } from "../../../../src/load/load-lab.ts";
import { diagnose } from "../../load/diagnose.ts";

const ZONES = `
      - { name: cp, roles: [control-plane], taints: ["node-role.kubernetes.io/control-plane:NoSchedule"] }
      - { name: a1, zone: a, labels: { disk: ssd, cores: "8" } }
      - { name: a2, zone: a, labels: { cores: "4" } }
      # What speaks against b1 weighs more than the load of the others.
      - { name: b1, zone: b, taints: [{ key: gpu, value: "true", effect: PreferNoSchedule }] }`;

interface Given {
  readonly name: string;
  readonly kind?: "Deployment" | "DaemonSet" | "Pod";
  readonly replicas?: number;
  readonly spec?: string;
  readonly labels?: string;
  readonly namespace?: string;
}

function object({
  name,
  kind = "Deployment",
  replicas = 1,
  spec = "",
  labels = "",
  namespace = "default",
}: Given): string {
  const body = `{ ${spec === "" ? "" : `${spec}, `}containers: [ { name: c } ] }`;
  const meta = `labels: { app: ${name}, ${labels} }`;
  if (kind === "Pod")
    return `{ apiVersion: v1, kind: Pod, metadata: { name: ${name}, namespace: ${namespace}, ${meta} }, spec: ${body} }`;
  const count = kind === "Deployment" ? `replicas: ${replicas}, ` : "";
  return `{ apiVersion: apps/v1, kind: ${kind}, metadata: { name: ${name}, namespace: ${namespace} }, spec: { ${count}selector: { matchLabels: { app: ${name} } }, template: { metadata: { ${meta} }, spec: ${body} } } }`;
}

const text = (objects: readonly Given[], nodes: string): string =>
  `apiVersion: k8snet-lab/v1\nkind: Lab\nmetadata: { name: a }\nspec:\n  cluster:\n    nodes: ${nodes}\n---\n${[
    "{ apiVersion: v1, kind: Namespace, metadata: { name: prod, labels: { team: x } } }",
    ...objects.map(object),
  ].join("\n---\n")}`;

function run(objects: readonly Given[], nodes = ZONES) {
  const { lab, warnings } = loadLabText(text(objects, nodes), "a.yaml");
  const pods = (lab.clusters[0]?.pods ?? []).filter(({ namespace }) => namespace !== "kube-system");
  const places = Map.groupBy(pods, ({ name, owner }) => owner?.name ?? name);
  const pending = warnings.filter(({ message }) => message.includes("Pending"));
  return {
    places: [...places].map(
      ([name, of]) =>
        `${name}: ${of
          .map(({ node }) => node)
          .toSorted()
          .join(" ")}`,
    ),
    pending: pending.map(({ message }) => message.replace(/^.*?Pending: /, "")),
    hints: pending.map(({ hint }) => hint ?? ""),
  };
}

const REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution";
const nodeAffinity = (expression: string): string =>
  `affinity: { nodeAffinity: { ${REQUIRED}: { nodeSelectorTerms: [ { matchExpressions: [ ${expression} ] } ] } } }`;
const prefer = (weight: number, expression: string): string =>
  `affinity: { nodeAffinity: { ${PREFERRED}: [ { weight: ${weight}, preference: { matchExpressions: [ ${expression} ] } } ] } }`;
const pods = (side: string, key: string, selector: string, more = ""): string =>
  `affinity: { ${side}: { ${REQUIRED}: [ { topologyKey: ${key}, labelSelector: ${selector}${more} } ] } }`;
const spread = (constraint: string, app = "web"): string =>
  `topologySpreadConstraints: [ { labelSelector: { matchLabels: { app: ${app} } }, ${constraint} } ]`;
const HOST = "kubernetes.io/hostname";
const ZONE = "topology.kubernetes.io/zone";

test("taints keep pods away, tolerations let them through", () => {
  const everywhere = "tolerations: [ { operator: Exists } ]";
  expect(run([{ name: "web", replicas: 4 }]).places).toEqual(["web: a1 a1 a2 a2"]);
  expect(run([{ name: "web", replicas: 4, spec: everywhere }]).places).toEqual(["web: a1 a2 b1 cp"]);
  const [key] = ["node-role.kubernetes.io/control-plane"];
  const onPlane = `nodeSelector: { ${key}: "" }`;
  expect(
    run([{ name: "web", spec: `${onPlane}, tolerations: [ { key: ${key}, effect: NoSchedule } ]` }]).places,
  ).toEqual(["web: cp"]);
  expect(run([{ name: "web", spec: `${onPlane}, tolerations: [ { key: ${key}, value: x } ]` }])).toEqual({
    places: [],
    pending: [
      `0/4 nodes are available: 1 node(s) had untolerated taint {${key}: }, 3 node(s) didn't match Pod's node affinity/selector.`,
    ],
    hints: [`cp: had untolerated taint {${key}: }; a1, a2, b1: didn't match Pod's node affinity/selector`],
  });
});

test("scheduling gates keep a pod from being scheduled; one with a node cannot have them", () => {
  const spec = "schedulingGates: [ { name: example.com/quota }, { name: b } ]";
  expect(run([{ name: "web", replicas: 2, spec }])).toEqual({
    places: [],
    pending: ["Scheduling is blocked due to non-empty scheduling gates"],
    hints: ["waiting for scheduling gates: [example.com/quota b]; no controller removes them here"],
  });
  expect(run([{ name: "web", kind: "Pod", spec: "schedulingGates: []" }]).places).toEqual(["web: a1"]);
  expect(() => run([{ name: "web", kind: "Pod", spec: `${spec}, nodeName: a1` }])).toThrow(
    "Forbidden: cannot be set until all schedulingGates have been cleared",
  );
});

test.each([
  ["{ key: disk, operator: In, values: [ssd, nvme] }", "a1"],
  ["{ key: disk, operator: NotIn, values: [ssd] }, { key: cores, operator: Exists }", "a2"],
  ["{ key: cores, operator: DoesNotExist }", "b1"],
  ['{ key: cores, operator: Gt, values: ["5"] }', "a1"],
  ['{ key: cores, operator: Lt, values: ["5"] }', "a2"],
])("node affinity: %s", (expression, node) => {
  expect(run([{ name: "web", spec: nodeAffinity(expression) }]).places).toEqual([`web: ${node}`]);
});

test("node affinity: one of several terms; fields; preferences weigh more than load", () => {
  const terms = `[ { matchExpressions: [ { key: disk, operator: Exists } ] }, { matchFields: [ { key: metadata.name, operator: In, values: [b1] } ] }, {} ]`;
  const spec = `affinity: { nodeAffinity: { ${REQUIRED}: { nodeSelectorTerms: ${terms} } } }`;
  expect(run([{ name: "web", replicas: 2, spec }]).places).toEqual(["web: a1 a1"]);
  expect(
    run([{ name: "web", replicas: 3, spec: prefer(50, "{ key: cores, operator: In, values: ['4'] }") }]).places,
  ).toEqual(["web: a2 a2 a2"]);
});

test("pods that want each other, and pods that do not", () => {
  const db: Given = { name: "db", spec: nodeAffinity("{ key: disk, operator: Exists }") };
  const near = pods("podAffinity", HOST, "{ matchLabels: { app: db } }");
  const zone = pods("podAffinity", ZONE, "{ matchLabels: { app: db } }");
  expect(run([db, { name: "web", replicas: 2, spec: near }]).places).toEqual(["db: a1", "web: a1 a1"]);
  expect(run([db, { name: "web", replicas: 2, spec: zone }]).places).toEqual(["db: a1", "web: a1 a2"]);
  const apart = pods("podAntiAffinity", HOST, "{ matchLabels: { app: web } }");
  expect(run([{ name: "web", replicas: 4, spec: apart }])).toMatchObject({
    places: ["web: a1 a2 b1"],
    pending: [
      "0/4 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 3 node(s) didn't match pod anti-affinity rules.",
    ],
  });
  // The first of a group that wants its own kind has nothing to go to.
  expect(
    run([{ name: "web", replicas: 3, spec: pods("podAffinity", ZONE, "{ matchLabels: { app: web } }") }]).places,
  ).toEqual(["web: a1 a1 a2"]);
  expect(run([{ name: "web", spec: near }]).pending).toEqual([
    "0/4 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 3 node(s) didn't match pod affinity rules.",
  ]);
});

test("anti-affinity is symmetric, and of namespaces that it names", () => {
  const alone = pods("podAntiAffinity", ZONE, "{ matchLabels: { app: web } }");
  const hermit: Given = { name: "hermit", kind: "Pod", spec: alone };
  const web: Given = { name: "web", replicas: 2 };
  expect(run([hermit, web]).places).toEqual(["hermit: a1", "web: b1 b1"]);
  expect(run([hermit, { ...web, namespace: "prod" }]).places).toEqual(["hermit: a1", "web: a1 a2"]);
  for (const more of [
    ", namespaceSelector: { matchLabels: { team: x } }",
    ", namespaces: [prod]",
    ", namespaceSelector: {}",
  ])
    expect(
      run([
        { ...hermit, spec: pods("podAntiAffinity", ZONE, "{ matchLabels: { app: web } }", more) },
        { ...web, namespace: "prod" },
      ]).places,
    ).toEqual(["hermit: a1", "web: b1 b1"]);
  const [first] = run([hermit, { ...web, spec: nodeAffinity("{ key: cores, operator: Exists }") }]).pending;
  expect(first).toContain("2 node(s) didn't satisfy existing pods anti-affinity rules");
});

test("topologySpreadConstraints: skew, domains, policies", () => {
  const even = spread(`maxSkew: 1, topologyKey: ${ZONE}, whenUnsatisfiable: DoNotSchedule`);
  expect(run([{ name: "web", replicas: 6, spec: even }]).places).toEqual(["web: a1 a1 a2 b1 b1 b1"]);
  const three = spread(`maxSkew: 1, topologyKey: ${ZONE}, whenUnsatisfiable: DoNotSchedule, minDomains: 3`);
  expect(run([{ name: "web", replicas: 6, spec: three }])).toMatchObject({
    places: ["web: a1 b1"],
    pending: [
      "0/4 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 3 node(s) didn't match pod topology spread constraints.",
    ],
  });
  // Nodes that the pod's affinity leaves out do not count, unless they are asked to.
  const onlyA = `nodeSelector: { ${ZONE}: a }, `;
  expect(run([{ name: "web", replicas: 3, spec: onlyA + even }]).places).toEqual(["web: a1 a1 a2"]);
  const all = spread(`maxSkew: 1, topologyKey: ${ZONE}, whenUnsatisfiable: DoNotSchedule, nodeAffinityPolicy: Ignore`);
  expect(run([{ name: "web", replicas: 3, spec: onlyA + all }]).places).toEqual(["web: a1"]);
  // The tainted node is a domain of its own that stays empty, unless taints are honored.
  const host = spread(`maxSkew: 1, topologyKey: ${HOST}, whenUnsatisfiable: DoNotSchedule`);
  expect(run([{ name: "web", replicas: 6, spec: host }]).places).toEqual(["web: a1 a2 b1"]);
  const honored = spread(`maxSkew: 1, topologyKey: ${HOST}, whenUnsatisfiable: DoNotSchedule, nodeTaintsPolicy: Honor`);
  expect(run([{ name: "web", replicas: 6, spec: honored }]).places).toEqual(["web: a1 a1 a2 a2 b1 b1"]);
  const unlabelled = run([
    { name: "web", spec: spread("maxSkew: 1, topologyKey: rack, whenUnsatisfiable: DoNotSchedule") },
  ]).pending;
  expect(unlabelled[0]).toContain("3 node(s) didn't match pod topology spread constraints (missing required label)");
});

test("ScheduleAnyway and matchLabelKeys decide as far as they can", () => {
  const soft = spread(`maxSkew: 1, topologyKey: ${ZONE}, whenUnsatisfiable: ScheduleAnyway`);
  const nodes = "[{ name: a1, zone: a }, { name: a2, zone: a }, { name: a3, zone: a }, { name: b1, zone: b }]";
  expect(run([{ name: "web", replicas: 4, spec: soft }], nodes).places).toEqual(["web: a1 a2 b1 b1"]);
  const hard = `topologySpreadConstraints: [ { maxSkew: 1, topologyKey: ${ZONE}, whenUnsatisfiable: DoNotSchedule, labelSelector: { matchLabels: { tier: web } }, matchLabelKeys: [app] } ]`;
  const labels = "tier: web";
  expect(
    run(
      [
        { name: "one", replicas: 2, labels, spec: hard },
        { name: "two", replicas: 2, labels, spec: hard },
      ],
      nodes,
    ).places,
  ).toEqual(["one: a1 b1", "two: a2 b1"]);
});

test("DaemonSets: nodes that their affinity and taints leave, with the tolerations that the controller adds", () => {
  const ds = (spec: string): readonly string[] => run([{ name: "agent", kind: "DaemonSet", spec }]).places;
  expect(ds("")).toEqual(["agent: a1 a2 b1"]);
  expect(ds("tolerations: [ { operator: Exists } ]")).toEqual(["agent: a1 a2 b1 cp"]);
  expect(ds(nodeAffinity("{ key: cores, operator: Exists }"))).toEqual(["agent: a1 a2"]);
  const cordoned = '[{ name: n1, taints: ["node.kubernetes.io/unschedulable:NoSchedule"] }, n2]';
  expect(
    run(
      [
        { name: "agent", kind: "DaemonSet" },
        { name: "web", replicas: 2 },
      ],
      cordoned,
    ),
  ).toEqual({
    places: ["agent: n1 n2", "web: n2 n2"],
    pending: [],
    hints: [],
  });
});

test("Node objects bring their taints; what is cordoned takes no pods", () => {
  const node = (name: string, spec: string): string =>
    `\n---\n{ apiVersion: v1, kind: Node, metadata: { name: ${name} }, spec: { ${spec} } }`;
  const source =
    text([{ name: "web", replicas: 2, spec: "nodeSelector: { kubernetes.io/os: linux }" }], "[n1]") +
    node("n2", "unschedulable: true") +
    node("n3", "taints: [ { key: a, effect: NoExecute } ]");
  const { lab } = loadLabText(source, "a.yaml");
  expect(lab.clusters[0]?.pods.flatMap(({ name, node: at }) => (name.startsWith("web") ? [at] : []))).toEqual([
    "n1",
    "n1",
  ]);
  const pinned = source.replaceAll("kubernetes.io/os: linux", "kubernetes.io/hostname: n2");
  expect(loadLabText(pinned, "a.yaml").warnings.map(({ message }) => message)).toContainEqual(
    "2 of 2 pods of Deployment default/web are Pending: 0/3 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) had untolerated taint {a: }, 1 node(s) were unschedulable.",
  );
});

test.each([
  [
    nodeAffinity("{ key: a, operator: In }"),
    /values: Required value: must be specified when `operator` is 'In' or 'NotIn'/,
  ],
  [nodeAffinity("{ key: a, operator: Gt, values: ['1', '2'] }"), /must be specified single value/],
  [
    `affinity: { nodeAffinity: { ${REQUIRED}: { nodeSelectorTerms: [] } } }`,
    /must have at least one node selector term/,
  ],
  [prefer(101, "{ key: a, operator: Exists }"), /weight: Invalid value: 101: must be in the range 1-100/],
  [pods("podAffinity", '""', "{}"), /topologyKey: Required value: can not be empty/],
  ["tolerations: [ { key: a, operator: Exists, value: b } ]", /value must be empty when `operator` is 'Exists'/],
  ["tolerations: [ { value: b } ]", /operator must be Exists when `key` is empty/],
  ["tolerations: [ { key: a, effect: Never } ]", /effect: Unsupported value: "Never"/],
  [
    spread(`maxSkew: 0, topologyKey: a, whenUnsatisfiable: DoNotSchedule`),
    /maxSkew: Invalid value: 0: must be greater than zero/,
  ],
  [
    spread(`maxSkew: 1, topologyKey: a, whenUnsatisfiable: ScheduleAnyway, minDomains: 2`),
    /can only use minDomains if/,
  ],
])("what the API server refuses: %s", (spec, message) => {
  expect(diagnose(text([{ name: "web", spec }], "[n1]")).join("\n")).toMatch(message);
});

test("taints of a lab file", () => {
  expect(diagnose(text([], '[{ name: n1, taints: ["a=b"] }]')).join("\n")).toMatch(/"a=b" is not a taint/);
});
