/** Lint of Calico's policies: selectors, tiers, sets and host endpoints, each finding at its line, none where nothing is wrong. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { policyWorld } from "../../../../src/cluster/policy/policy-world.ts";
import { loadPolicyLab } from "../../../../src/load/policy-manifests.ts";
import { lintPolicies } from "../../../../src/oracle/policy-lint/lint-rules.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "calico-lint-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const PODS = ["web", "db"]
  .map(
    (app) =>
      `apiVersion: v1\nkind: Pod\nmetadata: { name: ${app}, namespace: shop, labels: { app: ${app} } }\nspec: { containers: [{ name: c, image: x, ports: [{ containerPort: 80 }] }] }\n---\n`,
  )
  .join("");

/** `RULE message; hint`, without `dns-blocked`. */
function lint(...manifests: readonly string[]): readonly string[] {
  writeFileSync(join(folder, "m.yaml"), PODS + manifests.join("---\n"));
  const { lab } = loadPolicyLab(["m.yaml"], { cwd: folder });
  if (lab.clusters[0] === undefined) throw new Error("no cluster");
  return lintPolicies(policyWorld(lab.clusters[0]))
    .filter(({ rule }) => rule !== "dns-blocked")
    .map(({ rule, message, hint }) => `${rule} ${message}; ${hint}`);
}

const object = (kind: string, name: string, spec: string, metadata = ""): string =>
  `apiVersion: projectcalico.org/v3\nkind: ${kind}\nmetadata: { name: ${name}${metadata} }\nspec: ${spec}\n`;
const gnp = (name: string, spec: string): string => object("GlobalNetworkPolicy", name, `{ ${spec} }`);
const tier = (name: string, order: number, more = ""): string => object("Tier", name, `{ order: ${order}${more} }`);

describe("selectors", () => {
  test("a policy that selects nothing, with what there is instead", () => {
    expect(lint(gnp("a", "selector: app == 'wep', ingress: [{ action: Allow }]"))).toEqual([
      expect.stringMatching(
        /^empty-selection GlobalNetworkPolicy a selects no pod and no host endpoint: app == "wep"; app of the endpoints there is .*web/,
      ),
    ]);
    expect(lint(gnp("a", "selector: app == 'web', ingress: [{ action: Allow }]"))).toEqual([]);
  });

  test("a rule's end that no endpoint matches; a set is an endpoint", () => {
    const policy = gnp("a", "selector: all(), ingress: [{ action: Allow, source: { selector: role == 'bad' } }]");
    expect(lint(policy)).toEqual([
      expect.stringContaining(
        'empty-peer GlobalNetworkPolicy a: ingress[0] source role == "bad" matches no endpoint; none of the endpoints has a label role',
      ),
    ]);
    expect(
      lint(policy, object("GlobalNetworkSet", "s", "{ nets: [198.51.100.0/24] }", ", labels: { role: bad }")),
    ).toEqual([]);
  });

  test("a set that no rule means, and one of a namespace that only global rules could", () => {
    const set = object("GlobalNetworkSet", "s", "{ nets: [198.51.100.0/24] }", ", labels: { role: bad }");
    expect(lint(set)).toEqual([
      'unused-set GlobalNetworkSet s: no rule\'s selector selects it, and its networks have no effect; a rule with source or destination selector: role == "bad" would select it; in a NetworkPolicy add namespaceSelector: global()',
    ]);
    const own = (more: string): string =>
      object(
        "NetworkPolicy",
        "p",
        `{ selector: all(), egress: [{ action: Allow, destination: { selector: role == 'bad'${more} } }] }`,
        ", namespace: shop",
      );
    expect(lint(set, own("")).filter((one) => one.startsWith("unused-set"))).toHaveLength(1);
    expect(lint(set, own(", namespaceSelector: global()"))).toEqual([]);
  });

  test("preDNAT policies without a host endpoint", () => {
    const spec = "selector: all(), preDNAT: true, applyOnForward: true, ingress: [{ action: Deny }]";
    expect(lint(gnp("a", spec))).toEqual([
      expect.stringContaining(
        "selects no host endpoint: all(); doNotTrack and preDNAT policies are for host endpoints",
      ),
    ]);
  });
});

describe("tiers", () => {
  test("rules behind one that decides all, in the policy, in the tier, and of the policy's narrower selector", () => {
    expect(lint(gnp("a", "selector: all(), ingress: [{ action: Allow }, { action: Deny, protocol: TCP }]"))).toEqual([
      expect.stringMatching(
        /^shadowed-rule GlobalNetworkPolicy a: ingress\[1\] never decides: ingress\[0\] \(.*\) allows all of it before; the first rule/,
      ),
    ]);
    const narrow = gnp("b", "order: 20, selector: app == 'db', ingress: [{ action: Deny, protocol: TCP }]");
    const wide = (rule: string): string => gnp("a", `order: 10, selector: all(), ingress: [${rule}]`);
    expect(lint(wide("{ action: Allow, protocol: 6 }"), narrow)).toEqual([
      expect.stringContaining("GlobalNetworkPolicy b: ingress[0] never decides: GlobalNetworkPolicy a ingress[0]"),
    ]);
    expect(lint(wide("{ action: Allow, protocol: UDP }"), narrow)).toEqual([]);
    expect(lint(wide("{ action: Log }"), narrow)).toEqual([]);
    expect(lint(wide("{ action: Allow, source: { nets: [10.0.0.0/8] } }"), narrow)).toEqual([]);
  });

  test("networks and ports within another rule's", () => {
    const two = (wide: string, second: string): readonly string[] =>
      lint(gnp("a", `selector: all(), ingress: [{ action: Allow, ${wide} }, { action: Deny, ${second} }]`));
    expect(
      two(
        "protocol: TCP, source: { nets: [192.0.2.0/24] }, destination: { ports: ['80:90'] }",
        "protocol: TCP, source: { nets: [192.0.2.7] }, destination: { ports: [80, 85] }",
      ),
    ).toHaveLength(1);
    expect(
      two(
        "protocol: TCP, source: { nets: [192.0.2.0/24], notNets: [192.0.2.0/28] }",
        "protocol: TCP, source: { nets: [192.0.2.7] }",
      ),
    ).toEqual([]);
    expect(
      two("protocol: TCP, destination: { ports: [80] }", "protocol: TCP, destination: { ports: [80, 443] }"),
    ).toEqual([]);
  });

  test("a tier that denies at its end leaves nothing to the next one, unless a rule passes or it passes itself", () => {
    const later = gnp("z", "selector: app == 'db', ingress: [{ action: Allow, protocol: TCP }]");
    const early = (rules: string): string => gnp("security.a", `tier: security, selector: all(), ingress: [${rules}]`);
    const deny = "{ action: Deny, source: { nets: [192.0.2.0/24] } }";
    expect(lint(tier("security", 100), early(deny), later)).toEqual([
      expect.stringMatching(
        /^shadowed-rule GlobalNetworkPolicy z: ingress\[0\] never decides: GlobalNetworkPolicy security\.a \(.*\) concerns all of its endpoints, and tier security denies what its rules leave open; end that tier's policies with a rule action: Pass/,
      ),
    ]);
    expect(lint(tier("security", 100, ", defaultAction: Pass"), early(deny), later)).toEqual([]);
    expect(lint(tier("security", 100), early(`${deny}, { action: Pass }`), later)).toEqual([]);
  });

  test("Pass where no policy comes after", () => {
    expect(lint(gnp("a", "selector: all(), ingress: [{ action: Pass, protocol: TCP }]"))).toEqual([
      expect.stringContaining("pass-in-last-tier GlobalNetworkPolicy a: ingress[0] passes on to no policy: default is"),
    ]);
    expect(
      lint(
        tier("late", 2_000_000),
        gnp("a", "selector: all(), ingress: [{ action: Pass, protocol: TCP }]"),
        gnp("late.b", "tier: late, selector: all(), ingress: [{ action: Allow }]"),
      ),
    ).toEqual([]);
  });

  test("one order and rules that disagree about the same packets of the same endpoint", () => {
    const one = (name: string, order: number, app: string, rule: string): string =>
      gnp(name, `order: ${order}, selector: app == '${app}', ingress: [${rule}]`);
    const allow = "{ action: Allow, protocol: TCP, destination: { ports: [80] } }";
    const deny = "{ action: Deny, protocol: TCP, destination: { ports: ['79:81'] } }";
    expect(lint(one("a", 5, "db", allow), one("b", 5, "db", deny))).toEqual([
      expect.stringMatching(
        /^equal-priority GlobalNetworkPolicy b and GlobalNetworkPolicy a .*both have order 5 in tier default.*Calico asks a first/,
      ),
    ]);
    expect(lint(one("a", 5, "db", allow), one("b", 6, "db", deny))).toEqual([]);
    expect(lint(one("a", 5, "db", allow), one("b", 5, "web", deny))).toEqual([]);
    expect(lint(one("a", 5, "db", allow), one("b", 5, "db", deny.replace("TCP", "UDP")))).toEqual([]);
  });

  test("rules for a direction that types leaves out, and a net of Services", () => {
    expect(lint(gnp("a", "selector: all(), types: [Ingress], egress: [{ action: Allow }]"))).toEqual([
      "unused-direction GlobalNetworkPolicy a: spec.egress has no effect: types does not list Egress; add Egress to types, or remove the rules",
    ]);
    const rule = "{ action: Allow, destination: { nets: [10.96.0.10/32] } }";
    expect(lint(gnp("a", `selector: all(), egress: [${rule}]`))).toEqual([
      expect.stringContaining(
        "service-address GlobalNetworkPolicy a: egress[0] destination net 10.96.0.10/32 matches no packet",
      ),
    ]);
  });
});

describe("host endpoints", () => {
  const node = (name: string, address: string): string =>
    `apiVersion: v1\nkind: Node\nmetadata: { name: ${name} }\nstatus: { addresses: [{ type: InternalIP, address: ${address} }] }\n`;
  const nodes = [node("n1", "192.168.7.1"), node("n2", "192.168.7.2")];
  const host = (more = ""): string =>
    object("HostEndpoint", "h", `{ node: n1, interfaceName: eth0${more} }`, ", labels: { host: n1 }");

  test("no policy and no profile", () => {
    expect(lint(...nodes, host())).toEqual([
      expect.stringMatching(
        /^host-cut-off HostEndpoint h: no policy concerns its ingress and egress, and it has no profile: all but failsafe ports is denied, also what n1 itself sends/,
      ),
    ]);
    expect(lint(...nodes, host(", profiles: [projectcalico-default-allow]"))).toEqual([]);
  });

  test("the kubelet's port of other nodes", () => {
    const policy = (ports: string): string =>
      gnp(
        "h",
        `selector: host == 'n1', types: [Ingress, Egress], ingress: [{ action: Allow, protocol: TCP, destination: { ports: [${ports}] } }], egress: [{ action: Allow }]`,
      );
    expect(lint(...nodes, host(), policy("443"))).toEqual([
      expect.stringContaining("host-cut-off HostEndpoint h: other nodes cannot reach the kubelet of n1: TCP 10250"),
    ]);
    expect(lint(...nodes, host(), policy("443, 10250"))).toEqual([]);
  });
});
