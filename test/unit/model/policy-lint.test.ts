/** Lint on manifests as people write them: each finding with its line, and none where nothing is wrong. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadPolicyLab } from "../../../src/load/policy-manifests.ts";
import { lintPolicies } from "../../../src/model/policy-lint/lint-rules.ts";
import { policyWorld } from "../../../src/model/policy-world.ts";
import { recipeCases } from "../../conformance/recipes.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "policy-lint-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** `RULE LINE message`. */
function lint(text: string): string[] {
  writeFileSync(join(folder, "m.yaml"), text);
  const { cluster } = loadPolicyLab(["m.yaml"], { cwd: folder }).lab;
  if (cluster === undefined) throw new Error("no cluster");
  return lintPolicies(policyWorld(cluster)).map(
    ({ rule, source, message, hint }) => `${rule} ${source?.line} ${message}; ${hint}`,
  );
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
      "redundant-part 22 NetworkPolicy default/p: TCP 5432 adds nothing: TCP 5000-6000 in the same list means all of it",
    ]);
    expect(ports("{ port: 5432 }, { port: pg }")).toEqual([]);
  });
});

test("a Service's port in a policy is told with the pod's", () => {
  const found = lint(policy(`  podSelector: { matchLabels: { app: db } }\n  ingress:\n    - ports: [{ port: 80 }]\n`));
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(/^unserved-port 22 /);
  expect(found[0]).toContain("80 is the port of Service default/db");
  expect(found[0]).toContain("write the pod's port pg");
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
