import { describe, expect, test } from "vitest";
import { clusterLab, diagnose, hints, lab, pod, rawLab } from "./diagnose.ts";

describe("all mistakes at once, sorted, each at its place", () => {
  test("shape, meaning and manifests in one go", () => {
    const text = [
      rawLab(
        `        routes: [ { to: default, via: 10.9.9.9 }, { too: x } ]
        servers: [80, 80]`,
        `  checks:
    - { name: a, from: red, pign: blue }
    - { name: b, from: reed, ping: blue }`,
      ).replace("name: t", "name: T_1"),
      "apiVersion: v1\nkind: Ingres\nmetadata: { name: s }",
    ].join("\n---\n");
    const found = diagnose(text);
    expect(found[0]).toMatch(/^3:19 metadata\.name: "T_1" must be a DNS label/);
    expect(found).toEqual(
      expect.arrayContaining([
        '9:53 spec.topology.nodes.red.routes[1]: unknown key "too"',
        "10:23 duplicate server on 80/tcp",
        '16:29 spec.checks[0]: unknown key "pign"',
        '20:7 no matches for kind "Ingres" in version "v1"',
      ]),
    );
    const lines = found.map((line) => Number.parseInt(line, 10));
    expect(lines).toEqual(lines.toSorted((a, b) => a - b));
  });

  test("names that may be in an unreadable part are not called missing", () => {
    expect(
      diagnose(lab("  topology:\n    nodes: { red: 5 }\n    links:\n      - endpoints: [red:eth0, red:eth1]")),
    ).toEqual(["6:19 spec.topology.nodes.red: expected a map, got a number 5"]);
  });
});

describe("hints", () => {
  test.each([
    [rawLab("        rout: []"), /did you mean "routes"\? valid keys: kind, interfaces/],
    [rawLab("", "  checks: [ { name: a, from: red, ping: blue, expect: opne } ]"), /did you mean "open"/],
    [rawLab("", "  checks: [ { name: a, from: red, command: ip route } ]"), /write a list: \[ip route\]/],
    [rawLab("        sysctls: { net.ipv4.ip_forward: [1] }"), /./],
    [lab("  topology: { nodes: [red] }"), /write a map of names/],
    [lab("  cluster: { nodes: node1 }"), /write a list: \[node1\]/],
    [clusterLab("    nodes: [node1]\n    cni: { ipMasq: yes }"), /write true/],
    [clusterLab("    nodes: [node1]\n    cni: { backend: vxlam }"), /did you mean "vxlan"/],
    [clusterLab("    nodes: [node1]", pod("a", ", nodeSelecter: {}")), /did you mean "nodeSelector"/],
  ])("case %#", (text, hint) => {
    expect(hints(text).join("\n")).toMatch(hint);
  });
});

describe("a file that is not a lab", () => {
  test.each([
    [
      "kind: Pod\napiVersion: v1\nmetadata: { name: a }\nspec: { containers: [ { name: c } ] }",
      '1:7 the first document is not a Lab but "Pod"',
    ],
    ["apiVersion: k8snet-lab/v1\nkind: Labb\nspec: {}", '2:7 the first document is not a Lab but "Labb"'],
    [`${pod("a")}\n---\n${lab("  cluster: { nodes: [n] }")}`, "7:1 the Lab must be the first document of the file"],
    [lab("  cluster: { nodes: [n] }").replace("k8snet-lab/v1", "v2"), '1:13 apiVersion: "v2" is not allowed here'],
    [
      `${lab("  cluster: { nodes: [n] }")}\n---\n${lab("  {}")}`,
      "8:7 a second Lab: a lab file contains one, as its first document",
    ],
    [lab("  {}"), "5:3 the lab is empty"],
  ])("case %#", (text, message) => {
    expect(diagnose(text)).toContain(message);
  });
});
