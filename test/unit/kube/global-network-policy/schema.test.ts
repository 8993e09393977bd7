/** Calico's policies: what its validator and its CRDs refuse is refused in their words, a selector with the place within it. */
import { describe, expect, test } from "vitest";
import { InputError } from "../../../../src/errors.ts";
import type { CalicoObjects } from "../../../../src/kube/calico/calico-policy.ts";
import { loadLabText } from "../../../../src/load/load-lab.ts";

const LAB = `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: gnp }
spec: { cluster: { nodes: [node1], cni: { plugin: calico } } }
---
`;
const object = (kind: string, spec: string, version = "projectcalico.org/v3"): string =>
  `apiVersion: ${version}\nkind: ${kind}\nmetadata: { name: p }\nspec: { ${spec} }`;
const gnp = (spec: string): string => object("GlobalNetworkPolicy", spec);
const rule = (text: string): string => gnp(`ingress: [{ action: Allow, ${text} }]`);

function read(manifest: string): { calico?: CalicoObjects | undefined; found: readonly string[] } {
  try {
    const { lab, warnings } = loadLabText(LAB + manifest, "lab.yaml");
    return { calico: lab.clusters[0]?.calico, found: warnings.map((one) => one.message) };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { found: error.diagnostics.map((one) => `${one.message} ${one.hint ?? ""}`) };
  }
}

describe("refused", () => {
  test.each([
    [gnp("selector: a == b"), "spec.selector: Invalid selector: "],
    [gnp("selector: \"role == 'x' &&\""), "character "],
    [gnp("selector: global()"), "global() can only be used in an EntityRule namespaceSelector"],
    [rule('source: { namespaceSelector: "global() && has(a)" }'), "global() cannot be combined with other selectors"],
    [gnp("preDNAT: true"), "applyOnForward must be true if either preDNAT or doNotTrack is true"],
    [gnp("preDNAT: true, doNotTrack: true, applyOnForward: true"), "preDNAT and doNotTrack cannot both be true"],
    [
      gnp("preDNAT: true, applyOnForward: true, egress: [{ action: Allow }]"),
      "preDNAT policy cannot have any egress rules",
    ],
    [gnp("preDNAT: true, applyOnForward: true, types: [Egress]"), "preDNAT policy cannot have 'Egress' type"],
    [gnp("types: [Ingress, Ingress]"), "'Ingress' type specified more than once"],
    [
      gnp("ingress: [{ action: Accept }]"),
      'Unsupported value: "Accept": supported values: "Allow", "Deny", "Log", "Pass"',
    ],
    [gnp("tier: nowhere"), 'tiers.projectcalico.org "nowhere" not found'],
    [
      rule("destination: { ports: [80] }"),
      "rules with numeric port or port range must set protocol to TCP or UDP or SCTP",
    ],
    [
      rule("protocol: ICMP, destination: { ports: [http] }"),
      "rules that specify ports must set protocol to TCP or UDP or SCTP",
    ],
    [
      rule('protocol: TCP, destination: { ports: ["9:5"] }'),
      "minimum port number (9) is greater than maximum port number (5) in port range",
    ],
    [rule("protocol: TCP, destination: { ports: [70000] }"), "invalid port format (70000)"],
    [rule("protocol: tcp"), "protocol name invalid write TCP"],
    [rule("protocol: 256"), "protocol number invalid"],
    [rule("icmp: { type: 8 }"), "ICMP fields require protocol to be ICMP or ICMPv6"],
    [rule("protocol: ICMP, icmp: { code: 0 }"), "ICMP code specified without an ICMP type"],
    [rule("protocol: ICMP, ipVersion: 6"), "protocol ICMP requires ipVersion 4"],
    [rule("source: { nets: [10.0.0.0/8, fd00::/8] }"), "rule contains both IPv4 and IPv6 CIDRs"],
    [rule("ipVersion: 6, source: { nets: [10.0.0.0/8] }"), "rule IP version doesn't match CIDR version"],
    [rule("source: { nets: [web] }"), "invalid CIDR"],
    [rule("source: { notNets: [0.0.0.0/0] }"), "catch-all CIDR in negation creates logical contradiction"],
    [rule("source: { services: { name: a } }"), "must specify a namespace"],
    [rule("destination: { services: { name: a, namespace: b } }"), "not allowed in ingress rule destination"],
    [rule("protocol: TCP, http: { methods: [GET] }"), "spec.ingress[0].http: Forbidden"],
    [object("Tier", "order: 5").replace("name: p", "name: default"), "default tier order must be 1000000"],
    [object("HostEndpoint", "node: node1"), "at least one of interfaceName or expectedIPs must be specified"],
    [object("HostEndpoint", "interfaceName: eth0"), "node must be specified"],
    [object("GlobalNetworkSet", "nets: [192.0.2.1]"), "invalid CIDR"],
  ])("%s", (manifest, message) => expect(read(manifest).found.join("\n")).toContain(message));

  test("a selector with its place", () => {
    const [found] = read(gnp("selector: \"role = 'web'\"")).found;
    expect(found).toMatch(/^GlobalNetworkPolicy "p": spec\.selector: Invalid selector: .* character \d+: /);
  });
});

test("the policy of another API group of the same kind is another kind", () => {
  const own = object("NetworkPolicy", "order: 5, selector: has(a), egress: [{ action: Pass, protocol: 6 }]");
  const alias = own.replace("projectcalico.org/v3", "crd.projectcalico.org/v1").replace("name: p", "name: q");
  const kubernetes =
    "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: p }\nspec: { podSelector: {} }";
  const { calico, found } = read([own, alias, kubernetes].join("\n---\n"));
  expect(found).toEqual([]);
  expect(calico?.policies.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    "NetworkPolicy.projectcalico.org p",
    "NetworkPolicy.projectcalico.org q",
  ]);
  expect(calico?.policies[0]).toMatchObject({
    tier: "default",
    order: 5,
    types: ["Egress"],
    stage: "normal",
    selector: "(has(a)) && projectcalico.org/namespace == 'default'",
    egress: [{ action: "pass", protocol: 6 }],
  });
});

test("a host endpoint of a node that is not there has no effect: a warning", () => {
  expect(read(object("HostEndpoint", "node: nod1, interfaceName: eth0")).found).toEqual([
    "there is no node nod1: the host endpoint has no effect",
  ]);
});
