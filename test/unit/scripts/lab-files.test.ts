/** The labs that come with k8snet-lab: valid without a warning, worth reading, and known to editors. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadLab } from "../../../src/load/load-lab.ts";
import { labJsonSchema } from "../../../src/load/json-schema.ts";

const folder = join(import.meta.dirname, "../../../labs");
const files = readdirSync(folder).filter((file) => file.endsWith(".yaml"));

test("the schema for editors is that of the code (npm run docs writes it)", () => {
  expect(JSON.parse(readFileSync(join(folder, "schema.json"), "utf8"))).toEqual(labJsonSchema());
});

describe.each(files)("%s", (file) => {
  test("is valid, named as its file, and teaches", async () => {
    const { lab, warnings } = await loadLab(join(folder, file));
    expect(warnings).toEqual([]);
    expect(`${lab.name}.yaml`).toBe(file);
    expect(lab.title).toBeTruthy();
    expect(lab.description).toContain("## Try it");
    expect(lab.description).toContain("## Questions");
    expect([...lab.checks, ...(lab.steps ?? [])].filter((one) => one.explain !== undefined).length).toBeGreaterThan(0);
    expect(lab.captures.length).toBeGreaterThan(0);
    expect(lab.checks.some((check) => check.kind === "capture")).toBe(true);
  });

  test("has checks that fail exactly if it is broken on purpose", async () => {
    const { lab } = await loadLab(join(folder, file));
    const later = (lab.steps ?? []).flatMap((step) => step.checks);
    expect([...lab.checks, ...later].some((check) => check.expectFailure || check.fault === true)).toBe(
      file.startsWith("broken-"),
    );
  });

  test("the commands that its text suggests name this lab and places that are in it", () => {
    const text = readFileSync(join(folder, file), "utf8");
    const name = file.replace(/\.yaml$/, "");
    for (const [, lab = "", place = ""] of text.matchAll(
      /k8snet-lab (?:exec|capture|check|inspect) (\S+)(?: (\S+))?/g,
    )) {
      expect(lab).toBe(name);
      if (/^[a-z]/.test(place)) expect(text).toContain(place.replace(/^pod\//, "").replace(/\/.*$/, ""));
    }
  });
});
