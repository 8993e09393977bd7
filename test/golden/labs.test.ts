/** What each lab of labs/ is turned into: its plan, its script and its picture, held as files. `vitest -u` accepts changes. */
import { globSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { encodeScript } from "../../src/encode/script.ts";
import { loadLab } from "../../src/load/load-lab.ts";
import { formatPlan } from "../../src/plan/format-plan.ts";
import { planOperations, planResources } from "../../src/plan/plan-lab.ts";
import { graphMermaid } from "../../src/report/graph-mermaid.ts";

const ROOT = join(import.meta.dirname, "../..");
const LABS = globSync("labs/*.yaml", { cwd: ROOT }).toSorted();

it("there are labs", () => expect(LABS).toContain("labs/overlay.yaml"));

describe.each(LABS)("%s", (file) => {
  const golden = (name: string): string => join(import.meta.dirname, basename(file, ".yaml"), name);

  it("is planned, written as a script and drawn as before", async () => {
    const { lab, warnings } = await loadLab(file, { cwd: ROOT });
    expect(warnings).toEqual([]);
    const plan = planOperations(lab.name, planResources(lab));
    await expect(formatPlan(plan)).toMatchFileSnapshot(golden("plan.txt"));
    await expect(encodeScript(plan)).toMatchFileSnapshot(golden("script.sh"));
    await expect(graphMermaid(lab)).toMatchFileSnapshot(golden("graph.mmd"));
  });
});
