/**
 * What each lab of labs/ is turned into: its plan and its picture, and for some its script, held as files without positions, so
 * that a line added to a lab changes none of them. `vitest -u` accepts changes.
 */
import { globSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { encodeScript } from "../../src/plan/script.ts";
import { loadLab } from "../../src/load/load-lab.ts";
import { formatPlan } from "../../src/plan/format-plan.ts";
import { planOperations } from "../../src/plan/plan-operations.ts";
import { planResources } from "../../src/plan/plan-lab.ts";
import { graphMermaid } from "../../src/report/graph-mermaid.ts";

const ROOT = join(import.meta.dirname, "../..");
/** Links and routes, both backends of Flannel, policies, and kube-proxy's modes. */
const WITH_SCRIPT = new Set(["06-vxlan", "05-nat", "overlay", "host-gw", "policy-default-deny", "kube-proxy-modes"]);
const LABS = globSync("labs/*.yaml", { cwd: ROOT }).toSorted();

const withoutPositions = (text: string): string => text.replaceAll(/labs\/[\w-]+\.yaml:\d+:\d+ /g, "");

it("there are labs", () => expect(LABS).toContain("labs/overlay.yaml"));

describe.each(LABS)("%s", (file) => {
  const name = basename(file, ".yaml");
  const golden = (part: string): string => join(import.meta.dirname, name, part);

  it("is planned and drawn as before, and some are written as a script as before", async () => {
    const { lab, warnings } = await loadLab(file, { cwd: ROOT });
    expect(warnings).toEqual([]);
    const plan = planOperations(lab.name, planResources(lab));
    expect(plan.operations.filter(({ cause }) => cause.source?.file !== file)).toEqual([]);
    await expect(withoutPositions(formatPlan(plan))).toMatchFileSnapshot(golden("plan.txt"));
    if (WITH_SCRIPT.has(name))
      await expect(withoutPositions(encodeScript(plan))).toMatchFileSnapshot(golden("script.sh"));
    await expect(graphMermaid(lab)).toMatchFileSnapshot(golden("graph.mmd"));
  });
});
