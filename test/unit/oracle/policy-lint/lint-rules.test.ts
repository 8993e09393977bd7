/** Lint on manifests as people write them: each finding with its line, and none where nothing is wrong. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadPolicyLab } from "../../../../src/load/policy-manifests.ts";
import { makers } from "../../../../src/oracle/policy-lint/elsewhere.ts";
import { lintPolicies } from "../../../../src/oracle/policy-lint/lint-rules.ts";
import { policyWorld } from "../../../../src/cluster/policy/policy-world.ts";
import { recipeCases } from "../../../conformance/recipes.ts";

let folder = "";
/** What the last lint found to have pods elsewhere. */
let absent: readonly string[] = [];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "policy-lint-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** `RULE LINE message`. */
function lint(text: string): string[] {
  writeFileSync(join(folder, "m.yaml"), text);
  const { lab, parts } = loadPolicyLab(["m.yaml"], { cwd: folder });
  const [{ serviceAddresses, customResources } = { serviceAddresses: new Map(), customResources: [] }] = parts;
  if (lab.clusters[0] === undefined) throw new Error("no cluster");
  const world = { ...policyWorld(lab.clusters[0], serviceAddresses), customResources };
  absent = makers(world).map(({ kind, name }) => `${kind} ${name}`);
  return lintPolicies(world).map(({ rule, source, message, hint }) => `${rule} ${source?.line} ${message}; ${hint}`);
}

const PODS = `apiVersion: v1
kind: Pod
metadata: { name: db, labels: { app: db } }
spec: { containers: [{ name: c, image: x, ports: [{ name: pg, containerPort: 5432 }] }] }
---
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec: { containers: [{ name: c, image: x, ports: [{ containerPort: 8080 }] }] }
---
apiVersion: v1
kind: Service
metadata: { name: db }
spec: { selector: { app: db }, ports: [{ port: 80, targetPort: pg }] }
---
`;
const policy = (spec: string): string => `${PODS}apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: p }
spec:
${spec}`;

describe("a rule's parts", () => {
  test("peers that another one means already, and only those", () => {
    const found = lint(
      policy(`  podSelector: { matchLabels: { app: db } }
  ingress:
    - from:
        - podSelector: {}
        - podSelector: { matchLabels: { app: web } }
        - ipBlock: { cidr: 10.0.0.0/8 }
        - ipBlock: { cidr: 10.1.0.0/16 }
        - namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: default } }
`),
    );
    expect(found.map((one) => one.split(" ").slice(0, 2).join(" "))).toEqual([
      "redundant-part 24",
      "redundant-part 26",
    ]);
    expect(found[0]).toContain("podSelector app=web adds nothing: podSelector");
  });

  test("an exception that the narrow block has not keeps it", () => {
    const block = (narrow: string): string =>
      policy(`  podSelector: { matchLabels: { app: db } }
  ingress:
    - from:
        - ipBlock: { cidr: 10.0.0.0/8, except: [10.1.0.0/16] }
        - ipBlock: ${narrow}
`);
    expect(lint(block("{ cidr: 10.1.2.0/24 }"))).toEqual([]);
    expect(lint(block("{ cidr: 10.0.0.0/9, except: [10.1.0.0/16] }"))).toHaveLength(1);
  });

  test("ports within a range, and a port beside its whole protocol", () => {
    const ports = (list: string): string[] =>
      lint(policy(`  podSelector: { matchLabels: { app: db } }\n  ingress:\n    - ports: [${list}]\n`)).map(
        (one) => one.split(";")[0] ?? "",
      );
    expect(ports("{ port: 5000, endPort: 6000 }, { port: 5432 }")).toEqual([
      "redundant-part 22 NetworkPolicy default/p: TCP 5432 adds nothing: TCP 5000-6000 in the same list covers all of it",
    ]);
    expect(ports("{ port: 5432 }, { port: pg }")).toEqual([]);
  });
});

test("a Service's port in a policy is reported with the pod's", () => {
  const found = lint(policy(`  podSelector: { matchLabels: { app: db } }\n  ingress:\n    - ports: [{ port: 80 }]\n`));
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(/^unserved-port 22 /);
  expect(found[0]).toContain("80 is the port of Service default/db");
  expect(found[0]).toContain("write the pod's port pg");
  // A Service of other pods has nothing to do with it.
  const other = lint(policy(`  podSelector: { matchLabels: { app: web } }\n  ingress:\n    - ports: [{ port: 80 }]\n`));
  expect(other.find((one) => one.startsWith("unserved-port"))).toContain("they declare TCP 8080");
});

test("a policy for a pod of the host's network has no effect", () => {
  const found = lint(
    `apiVersion: v1
kind: Pod
metadata: { name: agent, labels: { app: agent } }
spec: { hostNetwork: true, containers: [{ name: c, image: x }] }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: p }
spec: { podSelector: { matchLabels: { app: agent } } }
`,
  );
  expect(found).toHaveLength(1);
  expect(found[0]).toContain("empty-selection 8 NetworkPolicy default/p has no effect: agent uses its node's network");
});

const recipes = recipeCases();
test.skipIf(recipes.length === 0)(
  `the recipes are found fault with for nothing but what they say themselves${recipes.length === 0 ? " (needs the conformance data)" : ""}`,
  () => {
    const found = recipes.flatMap(({ id, objects, stages }) => {
      const last = stages.at(-1);
      const all = [...objects.filter(({ kind }) => kind !== "ExternalServer"), ...(last?.policies ?? [])];
      return lint(all.map((one) => JSON.stringify(one)).join("\n---\n")).map((one) => `${id} ${one.split(" ")[0]}`);
    });
    // They block DNS on purpose, and one shows what two entries mean.
    expect(found.filter((one) => !one.endsWith(" dns-blocked"))).toEqual(["recipe-07-or split-peer"]);
  },
);

describe("addresses", () => {
  const web = policy(`  podSelector: { matchLabels: { app: web } }
  policyTypes: [Egress]
  egress:
    - to:
        - ipBlock: { cidr: BLOCK }
    - ports: [{ port: 53, protocol: UDP }]
`);
  const found = (block: string, more = ""): string[] =>
    lint(web.replace("BLOCK", block) + more).filter((line) => /^(service|pod)-address/.test(line));
  const other = `---
apiVersion: v1
kind: Service
metadata: { name: far, namespace: default }
spec: { clusterIP: 172.20.7.7, externalIPs: [198.51.100.9], selector: { app: db }, ports: [{ port: 80, targetPort: pg }] }
status: { loadBalancer: { ingress: [{ ip: 192.0.2.77 }] } }
`;

  test.each([
    [
      "10.96.0.1/32",
      "",
      "service-address 24 NetworkPolicy default/p: ipBlock 10.96.0.1/32 matches no packet: 10.96.0.1 is the address of Service default/kubernetes",
    ],
    ["10.96.0.0/12", "", "ipBlock 10.96.0.0/12 matches no packet: 10.96.0.0/12 is the range of Services"],
    ["10.97.3.0/24", "", "10.96.0.0/12 is the range of Services"],
    [
      "172.20.7.7/32",
      other,
      "172.20.7.7 is the address of Service default/far, and policies see the packet after its translation; select its pods: podSelector app=db, and their port, not the Service's: pg",
    ],
    ["198.51.100.9/32", other, "198.51.100.9 is the address of Service default/far"],
    ["192.0.2.77/32", other, "192.0.2.77 is the address of Service default/far"],
    ["0.0.0.0/0, except: [10.96.0.0/16]", "", "except 10.96.0.0/16 matches no packet"],
    [
      "10.244.1.7/32",
      "",
      "pod-address 24 NetworkPolicy default/p: ipBlock 10.244.1.7/32 is made of pods' addresses (10.244.0.0/16)",
    ],
    ["0.0.0.0/0, except: [10.244.0.0/16]", "", "except 10.244.0.0/16 is made of pods' addresses"],
  ])("%s", (block, more, text) => {
    expect(found(block, more)).toEqual([expect.stringContaining(text)]);
  });

  test.each([
    ["10.0.0.0/8", other],
    ["0.0.0.0/0", other],
    ["172.16.0.0/12", other],
    ["192.0.2.0/24", ""],
    ["198.51.100.8/32", other],
    ["2001:db8::/32", other],
  ])("%s means more, or something else", (block, more) => expect(found(block, more)).toEqual([]));
});

test("a peer that matches only pods of the nodes' network is reported as that, with what to write", () => {
  const text = policy(
    "  podSelector: { matchLabels: { app: db } }\n  ingress: [{ from: [{ podSelector: { matchLabels: { app: proxy } } }] }]\n",
  );
  const host = `---
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: proxy }
spec:
  selector: { matchLabels: { app: proxy } }
  template: { metadata: { labels: { app: proxy } }, spec: { hostNetwork: true, containers: [{ name: c, image: x }] } }
`;
  expect(lint(text + host)).toEqual([
    expect.stringMatching(
      /^empty-peer 21 .*only pods in their node's network \(hostNetwork\), which selectors do not see: default\/proxy-.*ipBlock of the nodes' addresses/,
    ),
  ]);
});

test("of policies alone only what needs no pods is reported", () => {
  writeFileSync(
    join(folder, "m.yaml"),
    policy(
      "  podSelector: { matchLabels: { app: gone } }\n  ingress: [{ from: [{ podSelector: { matchLabels: { app: x } } }, { podSelector: {} }], ports: [{ port: http }] }]\n",
    ).slice(PODS.length),
  );
  const [cluster] = loadPolicyLab(["m.yaml"], { cwd: folder }).lab.clusters;
  if (cluster === undefined) throw new Error("no cluster");
  expect(lintPolicies(policyWorld(cluster), { podless: true }).map(({ rule }) => rule)).toEqual(["redundant-part"]);
});

describe("pods of operators", () => {
  const crd = "{ apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: { name: volumes.longhorn.io } }";
  const resource = (apiVersion: string, kind: string, more = ""): string =>
    `{ apiVersion: ${apiVersion}, kind: ${kind}, metadata: { name: main }${more} }`;
  test.each([
    [resource("monitoring.coreos.com/v1", "Prometheus", ", spec: { podMetadata: { labels: { tier: scrape } } }"), "tier: scrape", true],
    [resource("monitoring.coreos.com/v1", "Alertmanager"), "alertmanager: main", true],
    [resource("monitoring.coreos.com/v1", "Alertmanager"), "app: mani", false],
    [resource("monitoring.coreos.com/v1", "ServiceMonitor"), "app: main", false],
    [resource("kafka.strimzi.io/v1beta2", "Kafka"), "strimzi.io/name: x", true],
    [resource("kafka.strimzi.io/v1beta2", "Kafka").replace("name: main", "name: main, namespace: kube-system"), "app: kafka", false],
    [crd, "longhorn.io/component: manager", true],
    [crd, "long.io/component: manager", false],
    [crd, "app: longhorn-csi-plugin", true],
    [crd, "app: volumes", false],
    [resource("ceph.rook.io/v1", "CephCluster"), "app: main-mon", true],
    [resource("ceph.rook.io/v1", "CephCluster"), "app: mainframe", false],
    [resource("storage.k8s.io/v1", "StorageClass"), "kubernetes.io/name: x", false],
  ])("%s, selector %s: %s", (object, label, elsewhere) => {
    const found = lint(
      `${object}\n---\n${policy(`  podSelector: { matchLabels: { ${label} } }
  ingress: [{ from: [{ podSelector: { matchLabels: { ${label} } } }] }]
`)}`,
    );
    const rules = found.map((line) => line.split(" ", 1)[0]).filter((rule) => rule?.startsWith("empty"));
    expect(rules).toEqual(elsewhere ? [] : ["empty-selection", "empty-peer"]);
    expect(absent.length).toBe(elsewhere ? 1 : 0);
  });
}); // prettier-ignore
