import { describe, expect, test } from "vitest";
import { loadLabText } from "../../../src/load/load-lab.ts";
import { chooseEngines, placeNodes } from "../../../src/lab/engines.ts";
import { resolveLab } from "../../../src/load/resolve-lab.ts";
import { diagnose } from "../load/diagnose.ts";

const engine = (name: string, ...nodes: string[]) => ({ name, context: name, nodes });

function lab(engines: string, more = ""): string {
  return `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: spread }
spec:
  engines: ${engines}
  cluster: { nodes: [node1, node2, node3]${more} }
`;
}

describe("placeNodes", () => {
  test("spread in order", () => {
    const places = placeNodes([engine("a"), engine("b")], ["n1", "n2", "n3"]);
    expect([...places]).toEqual([
      ["n1", "a"],
      ["n2", "b"],
      ["n3", "a"],
    ]);
  });

  test("named nodes first, the rest where there are fewest", () => {
    const places = placeNodes([engine("a", "n3", "n4"), engine("b")], ["n1", "n2", "n3", "n4", "n5"]);
    expect(Object.fromEntries(places)).toEqual({ n1: "b", n2: "b", n3: "a", n4: "a", n5: "a" });
  });

  test("no engines, no places", () => {
    expect(placeNodes([], ["n1"]).size).toBe(0);
  });
});

test("the command line's engines keep what the lab says of them", () => {
  const known = { ...engine("west", "n1"), context: "ssh://west", address: "10.0.0.2" };
  expect(chooseEngines(["west", "other", "other"], [known])).toEqual([known, engine("other")]);
  expect(chooseEngines(["ssh://west"], [known])).toEqual([known]);
});

describe("spec.engines", () => {
  test("names and objects", () => {
    const { engines } = loadLabText(
      lab("[east, { name: west, context: ssh://me@west, nodes: [node3], address: 10.0.0.2 }]"),
      "lab.yaml",
    ).lab;
    expect(engines).toMatchObject([
      { name: "east", context: "east", nodes: [] },
      { name: "west", context: "ssh://me@west", nodes: ["node3"], address: "10.0.0.2" },
    ]);
    expect(engines?.[1]?.source).toMatchObject({ line: 5, column: 42 });
  });

  test("every mistake at its place", () => {
    expect(
      diagnose(lab("[east, east, { name: a, nodes: [node9, node1] }, { name: b, nodes: [node1], address: fd00::1 }]")),
    ).toEqual([
      '5:19 duplicate engine "east"',
      '5:44 there is no node "node9" in the cluster',
      '5:80 node "node1" is placed twice',
      '5:97 "fd00::1" is not an IPv4 address',
    ]);
  });
});

describe("the wire between the nodes", () => {
  const check = `
  checks:
    - { name: fits, from: node1, ping: node2, size: 1472, df: true }
    - { name: does not, from: node1, ping: node2, size: 1473, df: true, expect: { outcome: toobig, mtu: 1500 } }
    - { name: whole, from: node1, mtu: node2, expect: 1500 }
    - { name: plain, from: node1, ping: node2, size: 1000 }
`;
  const on = (text: string, mtu: number) => resolveLab({ ...loadLabText(text, "lab.yaml").input, wire: { mtu } });

  test("the underlay goes down, and what is tested for size with it", () => {
    const { lab: fitted, diagnostics } = on(lab("[east]") + check.slice(1), 1450);
    expect(diagnostics).toEqual([]);
    expect(fitted.clusters[0]).toMatchObject({ mtu: 1450, wireMtu: 1450 });
    expect(fitted.checks).toMatchObject([
      { size: 1422 },
      { size: 1423, expect: { mtu: 1450 } },
      { expect: 1450 },
      { size: 1000 },
    ]);
  });

  test("what fits stays as it is", () => {
    expect(on(lab("[east]", ", mtu: 1400"), 1450).lab.clusters[0]?.mtu).toBe(1400);
  });

  test("a pod MTU that the wire has no room for is named where it is written", () => {
    const text = lab("[east]", ", cni: { mtu: 1450 }");
    expect(loadLabText(text, "lab.yaml").warnings).toEqual([]);
    expect(on(text, 1450).diagnostics).toMatchObject(
      [
        {
          severity: "warning",
          path: "spec.cluster.cni.mtu",
          message: /pod MTU 1450 does not fit: the underlay's 1450 leaves 1400/,
        },
      ].map(({ message, ...rest }) => ({ ...rest, message: expect.stringMatching(message) as string })),
    );
  });
});
