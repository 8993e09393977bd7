/** Lint of cluster-wide policies: rules that never decide, and those of which nobody can say it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { policyWorld } from "../../../../src/cluster/policy/policy-world.ts";
import { loadPolicyLab } from "../../../../src/load/policy-manifests.ts";
import { lintPolicies } from "../../../../src/oracle/policy-lint/lint-rules.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "policy-tiers-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const PODS = ["web", "db"]
  .map(
    (app) =>
      `apiVersion: v1\nkind: Pod\nmetadata: { name: ${app}, namespace: shop, labels: { app: ${app} } }\nspec: { containers: [{ name: c, image: x, ports: [{ containerPort: 80 }] }] }\n---\n`,
  )
  .join("");

/** `RULE message` of the rules about tiers. */
function lint(...manifests: readonly string[]): readonly string[] {
  writeFileSync(join(folder, "m.yaml"), PODS + manifests.join("---\n"));
  const { lab } = loadPolicyLab(["m.yaml"], { cwd: folder });
  if (lab.clusters[0] === undefined) throw new Error("no cluster");
  return lintPolicies(policyWorld(lab.clusters[0])).map(({ rule, message }) => `${rule} ${message}`);
}

const cnp = (name: string, tier: string, priority: number, rules: string): string =>
  `apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: { name: ${name} }\nspec:\n  tier: ${tier}\n  priority: ${priority}\n  subject: { namespaces: {} }\n${rules}`;
const ingress = (...rules: readonly string[]): string =>
  `  ingress:\n${rules.map((rule) => `    - ${rule}\n`).join("")}`;
const rule = (action: string, from = "{ namespaces: {} }", ports = ""): string =>
  `{ action: ${action}, from: [${from}]${ports} }`;
const TCP_80 = ", protocols: [{ tcp: { destinationPort: { number: 80 } } }]";
const TCP_ALL = ", protocols: [{ tcp: { destinationPort: { range: { start: 1, end: 65535 } } } }]";
const NETPOL = `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: open, namespace: shop }\nspec: { podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }] }\n`;

test("a rule that an earlier one covers, in its own policy or another one of a lower number", () => {
  const own = lint(cnp("a", "Admin", 1, ingress(rule("Deny", undefined, TCP_ALL), rule("Accept", undefined, TCP_80))));
  expect(own).toEqual([
    expect.stringMatching(
      /^shadowed-rule ClusterNetworkPolicy a: ingress\[1\] never decides: ingress\[0\] .* denies all of it before$/,
    ),
  ]);
  const other = lint(cnp("b", "Admin", 5, ingress(rule("Deny"))), cnp("a", "Admin", 9, ingress(rule("Accept"))));
  expect(other).toEqual([
    expect.stringContaining("ClusterNetworkPolicy a: ingress[0] never decides: ClusterNetworkPolicy b ingress[0]"),
  ]);
  expect(lint(cnp("a", "Admin", 1, ingress(rule("Accept", undefined, TCP_80), rule("Deny"))))).toEqual([]);
});

test("a NetworkPolicy's rule and a Baseline rule under a final one of the Admin tier, unless something is passed before", () => {
  const final = lint(
    cnp("a", "Admin", 1, ingress(rule("Deny"))),
    NETPOL,
    cnp("z", "Baseline", 1, ingress(rule("Deny"))),
  );
  expect(final.filter((one) => one.startsWith("shadowed-rule"))).toEqual([
    expect.stringMatching(
      /NetworkPolicy shop\/open: ingress\[0\] never decides: ClusterNetworkPolicy a .* in tier Admin$/,
    ),
    expect.stringMatching(
      /ClusterNetworkPolicy z: ingress\[0\] never decides: ClusterNetworkPolicy a .* in tier Admin$/,
    ),
  ]);
  const passed = lint(
    cnp("a", "Admin", 1, ingress(rule("Pass", "{ namespaces: { matchLabels: { a: b } } }"), rule("Deny"))),
    NETPOL,
  );
  expect(passed.filter((one) => one.startsWith("shadowed-rule"))).toEqual([]);
});

test("Baseline rules whose pods are all isolated by NetworkPolicies", () => {
  const subject = cnp("base", "Baseline", 1, ingress(rule("Deny"))).replace(
    "{ namespaces: {} }\n",
    "{ namespaces: { matchLabels: { kubernetes.io/metadata.name: shop } } }\n",
  );
  expect(lint(subject, NETPOL)).toEqual([
    "overridden-baseline ClusterNetworkPolicy base: its ingress rules never apply: NetworkPolicy shop/open isolates all of its pods, and the Baseline tier is for the others",
  ]);
  expect(
    lint(subject, NETPOL.replace("podSelector: {}, ingress", "podSelector: { matchLabels: { app: db } }, ingress")),
  ).toEqual([]);
});

test("two policies of one priority that disagree about the same connection", () => {
  const a = cnp("a", "Admin", 1, ingress(rule("Accept", undefined, TCP_80)));
  const named = (found: readonly string[]): readonly string[] =>
    found.filter((one) => one.startsWith("equal-priority"));
  expect(named(lint(a, cnp("b", "Admin", 1, ingress(rule("Deny")))))).toEqual([
    expect.stringContaining("ClusterNetworkPolicy b and ClusterNetworkPolicy a"),
  ]);
  expect(named(lint(a, cnp("b", "Admin", 2, ingress(rule("Deny")))))).toEqual([]);
  const udp = ", protocols: [{ udp: { destinationPort: { number: 80 } } }]";
  expect(named(lint(a, cnp("b", "Admin", 1, ingress(rule("Deny", undefined, udp)))))).toEqual([]);
});

test("domainNames, and DNS that a cluster-wide rule denies", () => {
  const egress = (rules: string): string => cnp("e", "Admin", 1, `  egress:\n${rules}`);
  expect(lint(egress("    - { action: Accept, to: [{ domainNames: [example.org] }] }\n"))).toEqual([
    expect.stringContaining("domain-names ClusterNetworkPolicy e: domainNames example.org are not enforced here"),
  ]);
  expect(lint(egress("    - { action: Deny, to: [{ networks: [0.0.0.0/0, '::/0'] }] }\n")).join()).toContain(
    "dns-blocked ClusterNetworkPolicy e: web, db cannot ask the cluster's DNS: a rule denies port 53",
  );
});
