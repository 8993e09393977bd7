/** Files of a few lines that ask for a great many pods are refused before any is made. */
import { expect, test } from "vitest";
import { InputError } from "../../../../src/errors.ts";
import { loadLabText } from "../../../../src/load/load-lab.ts";

const LAB = "apiVersion: k8snet-lab/v1\nkind: Lab\nmetadata: { name: many }\nspec:\n";
const manifest = (kind: string, group: string, name: string, spec: string): string =>
  `---\napiVersion: ${group}v1\nkind: ${kind}\nmetadata: { name: ${name}, labels: { a: ${name} } }\nspec: ${spec}\n`;
const replicas = (name: string, count: number): string =>
  manifest(
    "Deployment",
    "apps/",
    name,
    `{ replicas: ${count}, selector: { matchLabels: { a: b } }, template: { metadata: { labels: { a: b } }, spec: { containers: [{ name: c }] } } }`,
  );

function mistakes(text: string): readonly string[] {
  try {
    loadLabText(text, "lab.yaml");
    return [];
  } catch (error) {
    if (error instanceof InputError) return error.diagnostics.map(({ message }) => message);
    throw error;
  }
}

test("a billion replicas are one mistake", () => {
  const text = `${LAB}  cluster: { nodes: [node1] }\n${replicas("web", 1_000_000_000)}`;
  expect(mistakes(text)).toEqual([
    'Deployment "web": spec.replicas: Invalid value: 1000000000: a lab has at most 10000 replicas',
  ]);
});

test("workloads that have too many pods only together are refused where it becomes too much", () => {
  const many = Array.from({ length: 500 }, (_, i) => replicas(`web-${i}`, 10_000)).join("");
  const found = mistakes(`${LAB}  cluster: { nodes: [node1], podCIDR: 10.0.0.0/8 }\n${many}`);
  expect(found.filter((message) => message.includes("at most 10000 pods in total")).length).toBe(499);
}, 60_000);
