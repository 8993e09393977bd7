/** Plain manifests as people have them: what is taken from them, and what lint and explain say about it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { diffBaseline, readBaseline, saveBaseline } from "../../../src/cli/policy/baseline.ts";
import { expectationChecks, verdictChecks } from "../../../src/cli/policy/policy-checks.ts";
import { loadExpectation } from "../../../src/load/policy-expectation.ts";
import { loadPolicyLab } from "../../../src/load/policy-manifests.ts";
import { connectionsAcross, groupVerdicts, policyConnections } from "../../../src/oracle/policy/policy-connections.ts";
import { explain } from "../../../src/oracle/policy/policy-explain.ts";
import { lintPolicies } from "../../../src/oracle/policy-lint/lint-rules.ts";
import { policyOpenings } from "../../../src/oracle/policy/policy-openings.ts";
import { policyWorld } from "../../../src/cluster/policy/policy-world.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "policy-manifests-"));
  mkdirSync(join(folder, "deep"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const load = (text: string, more: object = {}) => {
  writeFileSync(join(folder, "m.yaml"), text);
  const { lab, ...rest } = loadPolicyLab(["m.yaml"], { cwd: folder, ...more });
  if (lab.clusters[0] === undefined) throw new Error("no cluster");
  return { lab, cluster: lab.clusters[0], world: policyWorld(lab.clusters[0]), ...rest };
};

const workload = (kind: string, name: string, more = ""): string => `---
apiVersion: apps/v1
kind: ${kind}
metadata: { name: ${name}, namespace: shop }
spec:
  replicas: 5
  serviceName: x
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec:
      initContainers: [{ name: i, image: y }]
      nodeSelector: { zone: a }
      containers:
        - { name: c, image: x, command: [run], envFrom: [{ secretRef: { name: s } }], ports: [{ name: http, containerPort: 8080 }] }
${more}`;

const policy = (name: string, spec: string): string => `---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: ${name}, namespace: shop }
spec: ${spec}
`;

test("of a lab file: its manifests and those that it lists, by cluster; what it lists and is not there is a mistake in its place", () => {
  mkdirSync(join(folder, "listed"), { recursive: true });
  const pod = (name: string): string =>
    `apiVersion: v1\nkind: Pod\nmetadata: { name: ${name} }\nspec: { containers: [{ name: c, image: x }] }\n`;
  writeFileSync(join(folder, "listed/a.yaml"), pod("listed"));
  const lab = (spec: string): string =>
    `apiVersion: k8snet-lab/v1\nkind: Lab\nmetadata: { name: x }\nspec:\n  ${spec}\n`;
  const { cluster, warnings } = load(`${lab("cluster: { nodes: [a] }\n  manifests: [listed/]")}---\n${pod("own")}`);
  expect(cluster.pods.map(({ name }) => name)).toEqual(expect.arrayContaining(["listed", "own"]));
  expect(warnings.map(({ message }) => message)).toContain(
    "of a lab file, policy commands read the manifests only: nodes and ranges are not those of the lab",
  );
  const both = load(lab("clusters: { east: { manifests: [listed/a.yaml] }, west: { manifests: [listed/] } }"));
  expect(
    both.parts.map((part) => [part.cluster.name, part.cluster.pods.some(({ name }) => name === "listed")]),
  ).toEqual([
    ["east", true],
    ["west", true],
  ]);
  expect(() => load(lab("manifests: [listed/, gone.yaml]"))).toThrow(
    'm.yaml:5:24: error: cannot read "gone.yaml": there is no such file or folder',
  );
  rmSync(join(folder, "listed"), { recursive: true });
});

describe("manifests", () => {
  test("workloads of all kinds become pods with labels and ports only; at most two of those that are alike", () => {
    const { cluster, parts, warnings } = load(
      `${workload("Deployment", "web")}${workload("StatefulSet", "db")}${workload("DaemonSet", "log")}---
apiVersion: v1
kind: ConfigMap
metadata: { name: c }
`,
    );
    const pods = cluster.pods.filter((pod) => pod.namespace === "shop");
    expect(pods.map(({ name }) => name.replace(/-[a-z0-9]{5}$/, ""))).toEqual([
      expect.stringMatching(/^web-[a-z0-9]+$/),
      expect.stringMatching(/^web-[a-z0-9]+$/),
      ...[0, 1, 2, 3, 4].map((ordinal) => `db-${ordinal}`),
      "log",
      "log",
    ]);
    expect(pods.every((pod) => pod.containers[0]?.command === undefined)).toBe(true);
    expect(pods.map((pod) => pod.cause.source?.line)).toEqual([4, 4, 19, 19, 19, 19, 19, 34, 34]);
    expect([...(parts[0]?.implied ?? [])]).toEqual(["shop"]);
    expect(warnings.map(({ message }) => message)).toEqual([
      "Deployment shop/web has fewer pods here than asked for: pods with the same labels have the same verdicts",
    ]);
    expect(cluster.pods.some((pod) => pod.name === "coredns")).toBe(true);
  });

  test("pods in their node's network that want the same port get nodes of their own", () => {
    const pod = (name: string): string =>
      `---\n{ apiVersion: v1, kind: Pod, metadata: { name: ${name} }, spec: { hostNetwork: true, containers: [{ name: c, ports: [{ containerPort: 9000 }] }] } }\n`;
    const { cluster } = load(["a", "b", "c", "d"].map(pod).join(""));
    const nodes = cluster.pods.filter(({ hostNetwork }) => hostNetwork).map(({ node }) => node);
    expect(nodes).toEqual(["node1", "node2", "node3", "node4"]);
  });

  test("pods that terminate get no connections of a Service; pods that have ended are not there, nor is their address taken", () => {
    const pod = (name: string, node: string, phase: string, more = ""): string =>
      `---\n{ apiVersion: v1, kind: Pod, metadata: { name: ${name}, labels: { app: a }${more} }, spec: { nodeName: ${node}, containers: [{ name: c, image: x, ports: [{ containerPort: 80 }] }] }, status: { phase: ${phase}, podIP: 10.7.1.9 } }\n`;
    const { cluster, warnings } = load(
      `${pod("a", "n1", "Running")}${pod("b", "n1", "Running", ', deletionTimestamp: "2026-01-01T00:00:00Z"').replace("10.7.1.9", "10.7.1.8")}${pod("c", "n2", "Succeeded")}${pod("d", "n3", "Failed")}---
{ apiVersion: v1, kind: Service, metadata: { name: a }, spec: { selector: { app: a }, ports: [{ port: 80 }] } }
`,
    );
    expect(cluster.pods.filter(({ namespace }) => namespace === "default").map(({ name, address }) => [name, address.ipv4])).toEqual([["a", "10.7.1.9"], ["b", "10.7.1.8"]]); // prettier-ignore
    const slice = cluster.slices.find(({ service }) => service === "a");
    expect(slice?.endpoints.map(({ ready }) => ready)).toEqual([true, false]);
    expect(warnings.map(({ message }) => message)).toEqual([
      "Pod default/c and 1 more are left out: a pod in phase Succeeded or Failed has no network",
    ]);
  });

  test("what kubectl get -o yaml prints: a List, owned objects once, finished pods not at all", () => {
    const pod = (name: string, more: object) => ({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, namespace: "default", ...more },
      spec: { containers: [{ name: "c", volumeMounts: [{}] }], nodeName: "ip-10-0-0-1", dnsPolicy: "None" },
      status: { phase: name === "done" ? "Succeeded" : "Running", podIP: "10.9.9.9" },
    });
    const owner = { kind: "StatefulSet", name: "db" };
    writeFileSync(
      join(folder, "deep", "all.json"),
      JSON.stringify({
        apiVersion: "v1",
        kind: "List",
        items: [
          pod("plain", { labels: { app: "a" }, managedFields: [] }),
          pod("done", {}),
          pod("db-0", { ownerReferences: [owner] }),
          {
            apiVersion: "apps/v1",
            kind: "StatefulSet",
            metadata: { name: "db" },
            spec: {
              selector: { matchLabels: { a: "b" } },
              template: { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "c" }] } },
            },
          },
        ],
      }),
    );
    const { lab } = loadPolicyLab(["deep"], { cwd: folder });
    expect(lab.clusters[0]?.pods.map(({ name }) => name).toSorted()).toEqual(["coredns", "db-0", "plain"]);
    rmSync(join(folder, "m.yaml"), { force: true });
    expect(() => loadPolicyLab(["."], { cwd: folder })).toThrow("contains no manifests");
    expect(loadPolicyLab(["."], { cwd: folder, recursive: true }).lab.clusters[0]?.pods).toHaveLength(3);
  });

  test("mistakes have the file's own line, also in converted workloads", () => {
    const broken = workload("StatefulSet", "db").replace("containerPort: 8080", "containerPort: 80800");
    expect(() => load(broken)).toThrow(
      /^m\.yaml:15:\d+: error: StatefulSet "db": spec\.template\.spec\..*80800[^\n]*$/,
    );
  });
});

describe("lint", () => {
  const rules = (text: string): readonly string[] =>
    lintPolicies(load(text).world).map(({ rule, source }) => `${rule} ${source?.line}`);
  const web = workload("Deployment", "web");
  const openDns = "{ ports: [{ port: 53, protocol: UDP }] }";

  test("a policy that is meant is left in peace", () => {
    expect(
      rules(
        `${web}${policy("p", `{ podSelector: { matchLabels: { app: web } }, policyTypes: [Ingress, Egress], ingress: [{ from: [{ podSelector: { matchLabels: { app: web } } }], ports: [{ port: http }] }], egress: [${openDns}, { to: [{ podSelector: {} }], ports: [{ port: 8080 }] }] }`)}`,
      ),
    ).toEqual([]);
  });

  test.each([
    ["dns-blocked", "{ podSelector: {}, policyTypes: [Egress] }"],
    ["dns-blocked", "{ podSelector: {}, policyTypes: [Egress], egress: [{ ports: [{ port: 53 }] }] }"],
    ["empty-selection", "{ podSelector: { matchLabels: { app: wbe } } }"],
    ["empty-peer", "{ podSelector: {}, ingress: [{ from: [{ namespaceSelector: { matchLabels: { env: prod } } }] }] }"],
    [
      "split-peer",
      "{ podSelector: {}, ingress: [{ from: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: shop } } }, { podSelector: { matchLabels: { app: web } } }] }] }",
    ],
    ["redundant-rule", "{ podSelector: {}, ingress: [{}, { ports: [{ port: 8080 }] }] }"],
    ["unused-direction", "{ podSelector: {}, policyTypes: [Ingress], ingress: [{}], egress: [{}] }"],
    ["unserved-port", "{ podSelector: {}, ingress: [{ ports: [{ port: 9999 }] }] }"],
    ["unserved-port", "{ podSelector: {}, ingress: [{ ports: [{ port: htp }] }] }"],
    [
      "one-sided",
      `{ podSelector: {}, policyTypes: [Ingress, Egress], egress: [${openDns}, { to: [{ podSelector: {} }], ports: [{ port: 8080 }] }] }`,
    ],
  ])("%s: %s", (rule, spec) => {
    const found = rules(`${web}${workload("Deployment", "api")}${policy("p", spec)}`);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(new RegExp(`^${rule} 3[0-9]$`));
  });

  test("ranges and protocols count for what is redundant", () => {
    const two = (a: string, b: string): string =>
      `${web}${policy("p", `{ podSelector: {}, ingress: [{ ports: [{ port: 8000, endPort: 9000 }] }, ${a}, ${b}] }`)}`;
    expect(rules(two("{ ports: [{ port: 8080 }] }", "{ ports: [{ port: 8080, protocol: UDP }] }"))).toEqual([
      "redundant-rule 20",
      "unserved-port 20",
    ]);
  });
});

test("explain: the same verdict as the oracle, with every reason in words", () => {
  const { world } = load(
    `${workload("Deployment", "web")}${workload("StatefulSet", "db")}${policy("p", "{ podSelector: { matchLabels: { app: db } }, ingress: [{ from: [{ podSelector: { matchLabels: { app: api } } }, { ipBlock: { cidr: 10.0.0.0/8, except: [10.244.0.0/16] } }], ports: [{ port: pg }, { port: 80, protocol: UDP }] }] }")}`,
  );
  const [from, to] = ["web", "db"].map((app) => {
    const pod = world.pods.find(({ labels }) => labels["app"] === app)!;
    return { pod, address: pod.addresses[0]! };
  });
  const { allowed, steps } = explain(world, { from: from!, to: to!, protocol: "TCP", port: 8080 });
  expect(allowed).toBe(false);
  expect(steps[1]?.tiers[0]?.rules[0]?.peers.map(({ because }) => because)).toEqual([
    expect.stringMatching(/^pod shop\/web-.* needs app=api, but its app is "web"$/),
    expect.stringMatching(/is in except 10\.244\.0\.0\/16$/),
  ]);
  expect(steps[1]?.tiers[0]?.rules[0]?.ports.map(({ because }) => because)).toEqual([
    "shop/db-0 has no port of this name",
    "the packet is TCP",
  ]);
});

describe("expectation and baseline", () => {
  const manifests = `${workload("Deployment", "web")}${workload("StatefulSet", "db")}`;
  const closed = policy("p", "{ podSelector: { matchLabels: { app: db } }, ingress: [] }");
  const connections = (text: string) => {
    const { lab, cluster } = load(text);
    return { lab, list: policyConnections(lab, cluster) };
  };

  test("the first line that matches decides; * means no node; a line that decides nothing is reported", () => {
    writeFileSync(
      join(folder, "expect.yaml"),
      "expect:\n  - allow shop/web -> shop/db-* 8080/tcp\n  - deny * -> shop/db-0\n  - deny nobody -> shop/db-0\n",
    );
    const { lab, list } = connections(manifests + closed);
    const plan = expectationChecks(loadExpectation("expect.yaml", folder), list, lab);
    expect(
      plan.wrong.map(({ connection, line }) => `${connection.from.group} ${connection.to.group} ${line.source.line}`),
    ).toEqual([0, 1, 2, 3, 4].map((ordinal) => `shop/web shop/db-${ordinal} 2`));
    expect(plan.unused.map(({ text }) => text)).toEqual(["deny nobody -> shop/db-0"]);
    expect(plan.checks.flatMap((check) => check.from.map(({ text }) => text))).not.toContain("node1");
  });

  test("a workload of any kind means all of its pods", () => {
    const all =
      manifests +
      workload("DaemonSet", "log") +
      workload("ReplicationController", "rc").replace("apps/v1", "v1").replace("matchLabels: { app: rc }", "app: rc");
    writeFileSync(
      join(folder, "expect.yaml"),
      "expect:\n  - allow shop/log -> shop/db 8080\n  - allow shop/rc -> shop/log\n",
    );
    const { lab, list } = connections(all);
    const plan = expectationChecks(loadExpectation("expect.yaml", folder), list, lab);
    expect(plan.unused).toEqual([]);
    expect(new Set(plan.checks[0]?.to.map(({ text }) => text))).toEqual(
      new Set([0, 1, 2, 3, 4].map((ordinal) => `shop/db-${ordinal}`)),
    );
  });

  test("workloads, pods and Services may be called by kind, in kubectl's words", () => {
    const own = manifests.replaceAll("namespace: shop", "namespace: default");
    const service = (namespace: string): string =>
      `---\n{ apiVersion: v1, kind: Service, metadata: { name: db, namespace: ${namespace} }, spec: { selector: { app: db }, ports: [{ port: 80, targetPort: 8080 }] } }\n`;
    const both = manifests + own + workload("DaemonSet", "db") + service("shop") + service("default");
    const { lab, list } = connections(both);
    const ends = (line: string): readonly string[] => {
      writeFileSync(join(folder, "expect.yaml"), `expect:\n  - allow ${line}\n`);
      const { checks } = expectationChecks(loadExpectation("expect.yaml", folder), list, lab);
      return checks.flatMap(({ from, to }) => [...from.map(({ text }) => text), ">", ...to.map(({ text }) => text)]);
    };
    const db = (namespace: string): string[] => [0, 1, 2, 3, 4].map((ordinal) => `${namespace}/db-${ordinal}`);
    expect(ends("deploy/web -> sts/db")).toEqual(["default/web#1", "default/web#2", ">", ...db("default")]);
    expect(ends("deployments/shop/web#2 -> shop/statefulset/db")).toEqual(["shop/web#2", ">", ...db("shop")]);
    expect(ends("shop/deploy/web -> ds/shop/db")).toEqual(["shop/web#1", "shop/web#2", ">", "shop/db#1", "shop/db#2"]);
    expect(ends("pod/db-1 -> svc/db")).toEqual(["default/db-1", ">", "svc/default/db"]);
    expect(ends("shop/pod/db-1 -> shop/svc/db")).toEqual(["shop/db-1", ">", "svc/shop/db"]);
    expect(ends("shop/db-1 -> sts/*")).toEqual(["shop/db-1", ">", ...db("shop").toSpliced(1, 1), ...db("default")]);
  });

  test("a port that no container declares is asked where a line names it", () => {
    writeFileSync(
      join(folder, "expect.yaml"),
      "expect:\n  - deny shop/web -> shop/db-0 9999\n  - deny * -> shop/db-0 9999\n  - allow shop/web -> internet 8443\n",
    );
    const { lab, cluster } = load(manifests);
    const lines = loadExpectation("expect.yaml", folder);
    const asked = lines.flatMap(({ asks }) => asks ?? []);
    const plan = expectationChecks(lines, policyConnections(lab, cluster, policyWorld(cluster), asked), lab);
    expect(plan.checks.map(({ name, to, port }) => [name, to.map(({ text }) => text), port])).toEqual([
      ["deny shop/web -> shop/db-0 9999", ["shop/db-0"], 9999],
      ["deny * -> shop/db-0 9999", ["shop/db-0"], 9999],
      ["allow shop/web -> internet 8443", ["internet"], 8443],
    ]);
    expect(plan.wrong.filter(({ connection }) => connection.from.group === "shop/web")).toHaveLength(1);
  });

  test("names of checks do not change with the numbers, and have the line of a policy", () => {
    const names = (text: string) => {
      const { lab, list } = connections(text);
      return verdictChecks(list, lab).map(({ name, source }) => ({ name, line: source.line }));
    };
    const before = names(manifests);
    const after = names(manifests + closed);
    expect(after.map(({ name }) => name)).toEqual(before.map(({ name }) => name));
    const db = after.find(({ name }) => name === "TCP 8080: packets match the policies");
    const lines = (manifests + closed).split("\n");
    expect(lines[(db?.line ?? 0) - 1]).toContain("metadata: { name: p, namespace: shop }");
  });

  test("a diff names ports that a policy opens and that no container declares", () => {
    const state = (spec: string) => {
      const { lab, list } = connections(manifests + policy("range", spec));
      const openings = lab.clusters[0] && policyOpenings(lab.clusters[0], policyWorld(lab.clusters[0]));
      return { verdicts: groupVerdicts(list), openings };
    };
    const spec = (ports: string): string =>
      `{ podSelector: { matchLabels: { app: db } }, ingress: [{ from: [{ podSelector: { matchLabels: { app: web } } }], ports: [${ports}] }] }`;
    const diff = diffBaseline(
      state(spec("{ port: 8080 }")),
      state(spec("{ port: 8080, endPort: 8090 }, { port: 53, protocol: UDP }")),
    );
    expect(diff).toEqual({
      opened: [0, 1, 2, 3, 4].flatMap((ordinal) => [
        `shop/web -> shop/db-${ordinal} 8081-8090/tcp (no container declares it)`,
        `shop/web -> shop/db-${ordinal} 53/udp (no container declares it)`,
      ]),
      closed: [],
      appeared: [],
      gone: [],
    });
  });

  test("mistakes in the file, all of them with their lines", () => {
    writeFileSync(join(folder, "expect.yaml"), "expect:\n  - permit a -> b\n  - allow a -> b http\n");
    expect(() => loadExpectation("expect.yaml", folder)).toThrow(/expect\.yaml:2:5.*\n.*\n.*expect\.yaml:3:5/);
  });

  test("what a change opens and closes", () => {
    const file = join(folder, "base.json");
    const state = (text: string) => {
      const { lab, list } = connections(text);
      const openings = lab.clusters[0] && policyOpenings(lab.clusters[0], policyWorld(lab.clusters[0]));
      return { verdicts: groupVerdicts(list), openings };
    };
    const open = state(manifests);
    saveBaseline(file, open);
    expect(readBaseline(file)).toEqual(open);
    const diff = diffBaseline(readBaseline(file), state(manifests + closed));
    expect(diff).toMatchObject({ opened: [], appeared: [], gone: [] });
    expect(diff.closed).toContain("shop/web -> shop/db-0 8080/tcp");
    // A node keeps reaching its own pods.
    expect(diff.closed.filter((text) => text.startsWith("node"))).toEqual([
      "node1 -> shop/db-1 8080/tcp",
      "node1 -> shop/db-3 8080/tcp",
      "node2 -> shop/db-0 8080/tcp",
      "node2 -> shop/db-2 8080/tcp",
      "node2 -> shop/db-4 8080/tcp",
    ]);
  });
});

test("a mistake in a workload's template is reported with the workload's own name and path", () => {
  const job = `apiVersion: batch/v1
kind: CronJob
metadata: { name: nightly }
spec:
  schedule: "0 1 * * *"
  jobTemplate:
    spec:
      template:
        metadata: { labels: { app: nightly_ } }
        spec: { containers: [{ name: a, image: a, ports: [{ containerPort: 70000 }] }] }
`;
  const text = (() => {
    try {
      return `taken, with ${load(job).warnings.length} warnings`;
    } catch (error) {
      return String(error);
    }
  })();
  expect(text).toContain('m.yaml:9:36: error: CronJob "nightly": spec.jobTemplate.spec.template.metadata.labels.app');
  expect(text).toContain('CronJob "nightly": spec.jobTemplate.spec.template.spec.containers[0].ports[0].containerPort');
  expect(text).not.toContain("Pod");
});

test("node ports are asked at a node without the endpoint too, also where the manifests name one node only", () => {
  const { lab, cluster } = load(`apiVersion: v1
kind: Pod
metadata: { name: helm, labels: { app: helm } }
spec: { nodeName: first, containers: [{ name: c, image: x, ports: [{ containerPort: 8080 }] }] }
---
apiVersion: v1
kind: Service
metadata: { name: helm }
spec: { type: NodePort, selector: { app: helm }, ports: [{ port: 8080, nodePort: 32766 }] }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: scrape }
spec: { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: 203.0.113.0/24 } }], ports: [{ port: 8080 }] }] }
`);
  const asked = policyConnections(lab, cluster).filter(({ from, port }) => from.name === "internet" && port === 32_766);
  expect(asked.map(({ to, judgement }) => `${to.name === "first"} ${judgement.allowed}`).toSorted()).toEqual([
    "false false",
    "true true",
  ]);
});

test("the API server is where the manifests say it is, else on a node without pods", () => {
  const text = workload("Deployment", "web");
  const end = (more: string) => {
    const { lab, cluster } = load(text + more);
    const slice = cluster.slices.find(({ service }) => service === "kubernetes");
    const asked = [...groupVerdicts(policyConnections(lab, cluster)).keys()].filter((key) =>
      key.includes("kubernetes"),
    );
    return { address: slice?.endpoints[0]?.addresses[0], port: slice?.ports[0]?.port, asked, cluster };
  };
  const own = end("");
  const node = own.cluster.nodes.find(({ address }) => address.ipv4 === own.address);
  expect(own.cluster.pods.some((pod) => pod.node === node?.name)).toBe(false);
  expect(own).toMatchObject({
    port: 6443,
    asked: expect.arrayContaining(["shop/web -> svc/default/kubernetes 443/tcp"]),
  });
  const slice = `---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: kubernetes, labels: { kubernetes.io/service-name: kubernetes } }
addressType: IPv4
endpoints: [{ addresses: [172.18.0.3] }]
ports: [{ name: https, port: 443, protocol: TCP }]
---
apiVersion: v1
kind: Service
metadata: { name: kubernetes }
spec: { clusterIP: 10.43.0.1, ports: [{ name: https, port: 443, targetPort: 443 }] }
`;
  expect(end(slice)).toMatchObject({ address: "172.18.0.3", port: 443, asked: [] });
  const endpoints = `---
apiVersion: v1
kind: Endpoints
metadata: { name: kubernetes }
subsets: [{ addresses: [{ ip: 172.18.0.4 }], ports: [{ name: https, port: 6444, protocol: TCP }] }]
`;
  expect(end(endpoints)).toMatchObject({ address: "172.18.0.4", port: 6444 });
});

test("Services are asked through, and from outside where a load balancer has an address", () => {
  const text = `${workload("StatefulSet", "db")}---
apiVersion: v1
kind: Service
metadata: { name: db, namespace: shop, uid: 1 }
spec: { type: LoadBalancer, clusterIP: 172.30.0.1, selector: { app: db }, ports: [{ port: 80, targetPort: 8080, nodePort: 31000 }] }
---
apiVersion: v1
kind: Service
metadata: { name: headless, namespace: shop }
spec: { clusterIP: None, selector: { app: db }, ports: [{ port: 80 }] }
`;
  const { lab, cluster } = load(text);
  const verdicts = groupVerdicts(policyConnections(lab, cluster));
  const services = [...verdicts.keys()].filter((key) => /-> (svc|lb)\//.test(key));
  expect(services.toSorted()).toEqual([
    "internet -> lb/shop/db 80/tcp",
    "kube-system/coredns -> svc/default/kubernetes 443/tcp",
    "kube-system/coredns -> svc/shop/db 80/tcp",
    "node1 -> svc/shop/db 80/tcp",
    "node2 -> svc/shop/db 80/tcp",
    ...[0, 1, 2, 3, 4].flatMap((ordinal) => [
      `shop/db-${ordinal} -> svc/default/kubernetes 443/tcp`,
      `shop/db-${ordinal} -> svc/shop/db 80/tcp`,
    ]),
  ]);
  const nodePorts = [...verdicts.keys()].filter((key) => / -> node\d 31000\/tcp$/.test(key));
  expect(nodePorts).toHaveLength(2 * (5 + 1 + 1));
});

describe("several clusters", () => {
  const both = (east: string, west: string) => {
    writeFileSync(join(folder, "e.yaml"), east);
    writeFileSync(join(folder, "w.yaml"), west);
    const entries = [
      { path: "e.yaml", cluster: "east" },
      { path: "w.yaml", cluster: "west" },
    ];
    return loadPolicyLab(entries, { cwd: folder });
  };
  const node = (address: string, podCIDR = ""): string => `---
apiVersion: v1
kind: Node
metadata: { name: n1 }
${podCIDR === "" ? "" : `spec: { podCIDR: ${podCIDR} }\n`}status: { addresses: [ { type: InternalIP, address: ${address} } ] }
`;

  test("each has ranges of its own; names begin with the cluster, and pods of one are asked from the other", () => {
    const { lab, parts } = both(workload("Deployment", "web"), workload("StatefulSet", "db"));
    const [east, west] = parts.map(({ cluster }) => cluster);
    if (east === undefined || west === undefined) throw new Error("there are not two");
    expect([east, west].map(({ podCIDR, nodes }) => `${podCIDR.ipv4} ${nodes[1]?.address.ipv4}`)).toEqual([
      "10.244.0.0/16 192.168.48.12",
      "10.245.0.0/16 192.168.64.12",
    ]);
    expect([...groupVerdicts(policyConnections(lab, west)).keys()]).toContain("west.node1 -> west.shop/db-0 8080/tcp");
    expect([...groupVerdicts(connectionsAcross(lab, east, west)).keys()]).toContain(
      "east.shop/web -> west.shop/db-0 8080/tcp",
    );
  });

  test("node addresses that another cluster has are not kept, and pods in the same range are not asked", () => {
    const { lab, warnings } = both(node("172.18.0.2", "10.9.0.0/24"), node("172.18.0.2", "10.9.0.0/24"));
    expect(lab.clusters.map(({ flat }) => flat)).toEqual([true, undefined]);
    expect(lab.clusters.map(({ nodes }) => nodes.find(({ name }) => name.endsWith("n1"))?.address.ipv4)).toEqual([
      "172.18.0.2",
      expect.stringMatching(/^192\.168\./),
    ]);
    expect(warnings.map(({ message }) => message)).toContainEqual(
      expect.stringContaining("not kept: node addresses of cluster west"),
    );
  });

  test("by annotation, too; one that says none is a mistake", () => {
    const of = (cluster: string): string =>
      `---\n{ apiVersion: v1, kind: Pod, metadata: { name: p, annotations: { k8snet-lab/cluster: ${cluster} } }, spec: { containers: [ { name: c } ] } }\n`;
    expect(load(of("east") + of("west")).lab.clusters.map(({ name }) => name)).toEqual(["east", "west"]);
    expect(() => load(`${of("east")}${workload("Deployment", "web")}`)).toThrow("does not say which it is for");
  });
});
