import { expect, test } from "vitest";
import { loadLabText } from "../../../src/load/load-lab.ts";

const lab = (spec: string): string => `apiVersion: k8snet-lab/v1\nkind: Lab\nmetadata: { name: a }\nspec:\n${spec}`;

function mistakes(spec: string): readonly string[] {
  try {
    loadLabText(lab(spec), "lab.yaml");
    return [];
  } catch (error) {
    return (error as { diagnostics: readonly { message: string }[] }).diagnostics.map(({ message }) => message);
  }
}

test("a fault is laid over the healthy lab, key by key", () => {
  const { lab: made } = loadLabText(
    lab("  cluster: { nodes: [node1], cni: { mtu: 1400 } }\n  fault: { cluster: { cni: { ipMasq: false } } }\n"),
    "lab.yaml",
  );
  expect(made.clusters[0]?.cni).toMatchObject({ mtu: 1400, ipMasq: false });
});

test("a fault of a cluster that is not there, or is a mistake itself, is one mistake and no crash", () => {
  const fault = "  fault: { cluster: { cni: { ipMasq: false } } }\n";
  expect(mistakes(`  topology: { nodes: { a: {} } }\n${fault}`)).toEqual(["the lab has no cluster to overlay this on"]);
  expect(mistakes(`  cluster: { nodes: 80 }\n${fault}`)).toHaveLength(1);
});
