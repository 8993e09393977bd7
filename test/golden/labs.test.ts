/**
 * What each lab of labs/ is turned into: its plan (golden-text.ts says how much of it), and for some their script and picture.
 * `vitest -u` accepts changes.
 */
import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { encodeScript } from "../../src/plan/script.ts";
import { loadLab, loadLabText } from "../../src/load/load-lab.ts";
import { formatPlan } from "../../src/plan/format-plan.ts";
import { planOperations } from "../../src/plan/plan-operations.ts";
import { planResources } from "../../src/plan/plan-lab.ts";
import { graphMermaid } from "../../src/report/graph-mermaid.ts";
import type { Lab } from "../../src/lab/lab.ts";
import { goldenPlan, withoutPositions } from "./golden-text.ts";

const ROOT = join(import.meta.dirname, "../..");
/** Links and routes, both backends of Flannel, policies, and kube-proxy's modes. */
const WITH_SCRIPT = new Set(["06-vxlan", "05-nat", "overlay", "host-gw", "policy-default-deny", "kube-proxy-modes"]);
/** Graphs of different kinds: bare namespaces, a bridge, routers, a raw overlay, each backend, two families, pods beside a node's. */
const WITH_GRAPH = new Set([
  "01-namespaces",
  "02-bridge",
  "03-pod-localhost",
  "05-nat",
  "06-vxlan",
  "overlay",
  "host-gw",
  "dual-stack",
]);
/** Of all files together. Where it is reached, ask what of them a reviewer reads. */
const MAX_LINES = 8400;
const LABS = globSync("labs/*.yaml", { cwd: ROOT }).toSorted();
const NAMES = LABS.map((file) => basename(file, ".yaml"));

const planOf = (lab: Lab) => planOperations(lab.name, planResources(lab));
const textOf = (text: string): string => goldenPlan(formatPlan(planOf(loadLabText(text, "labs/x.yaml").lab)));
const fileText = (file: string): string => readFileSync(join(ROOT, file), "utf8");

describe.each(LABS)("%s", (file) => {
  const name = basename(file, ".yaml");
  const golden = (part: string): string => join(import.meta.dirname, name, part);

  it("is planned as before, and some are drawn and written as a script as before", async () => {
    const { lab, warnings } = await loadLab(file, { cwd: ROOT });
    expect(warnings).toEqual([]);
    const plan = planOf(lab);
    expect(plan.operations.filter(({ cause }) => cause.source?.file !== file)).toEqual([]);
    await expect(goldenPlan(formatPlan(plan))).toMatchFileSnapshot(golden("plan.txt"));
    if (WITH_SCRIPT.has(name))
      await expect(withoutPositions(encodeScript(plan))).toMatchFileSnapshot(golden("script.sh"));
    const graph = graphMermaid(lab);
    const namespaces = plan.operations.filter(({ resource }) => resource.kind === "netns");
    expect(graph.match(/^\s*n\d+\[/gm)).toHaveLength(namespaces.length);
    if (WITH_GRAPH.has(name)) await expect(graph).toMatchFileSnapshot(golden("graph.mmd"));
  });

  it("a comment in the lab changes none of it", () => {
    const text = fileText(file);
    expect(textOf(`# a comment\n${text}`)).toBe(textOf(text));
  });
});

describe("what is held", () => {
  it("is what these labs are turned into, and no more than can be reviewed", () => {
    const parts = NAMES.flatMap((name) => [
      `${name}/plan.txt`,
      ...(WITH_SCRIPT.has(name) ? [`${name}/script.sh`] : []),
      ...(WITH_GRAPH.has(name) ? [`${name}/graph.mmd`] : []),
    ]);
    const held = globSync("*/*", { cwd: import.meta.dirname });
    expect(held.toSorted()).toEqual(parts.toSorted());
    const lines = held.map((part) => fileText(join("test/golden", part)).split("\n").length - 1);
    expect(lines.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(MAX_LINES);
    expect([...WITH_SCRIPT, ...WITH_GRAPH].filter((name) => !NAMES.includes(name))).toEqual([]);
  });

  const overlay = fileText("labs/overlay.yaml");
  const linesOf = (text: string): readonly string[] => textOf(text).split("\n");

  it("gains the line that a lab gains, whatever its length, and keeps the others", () => {
    const lab = (more: string): string =>
      `apiVersion: k8snet-lab/v1\nkind: Lab\nmetadata: { name: x }\nspec:\n  topology:\n    nodes:\n      red: {}\n${more}      blue: {}\n`;
    const long = "net.netfilter.nf_conntrack_tcp_timeout_time_wait";
    const before = linesOf(lab(""));
    const after = linesOf(lab(`        sysctls: { ${long}: 5 }\n`).replace("red: {}", "red:"));
    expect(before.length).toBeGreaterThan(5);
    expect(before.filter((line) => !after.includes(line))).toEqual([expect.stringMatching(/^\d+ operations/)]);
    expect(after.filter((line) => !before.includes(line))).toEqual([
      expect.stringContaining(`sysctl ${long}=5`),
      expect.stringMatching(/^\d+ operations/),
    ]);
  });

  it("has every number of what it folds: an address of the third node is seen", () => {
    const plan = formatPlan(planOf(loadLabText(overlay, "labs/x.yaml").lab));
    const held = goldenPlan(plan);
    expect(held).not.toContain("addr 10.244.2.1/24");
    const other = goldenPlan(plan.replace("addr 10.244.2.1/24", "addr 10.244.2.9/24"));
    const differing = held.split("\n").filter((line, index) => line !== other.split("\n")[index]);
    expect(differing).toEqual([expect.stringMatching(/^ {2}… \d+ as above/)]);
  });
});
