import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { registries } from "../../../scripts/registry.ts";
import { DEFINITIONS } from "../../../src/resources/registry.ts";
import { KINDS } from "../../../src/resources/kinds.ts";

const root = join(import.meta.dirname, "../../..");

describe("registries of resource kinds", () => {
  it.each([...registries()])("%s is what npm run registry writes", (file, text) => {
    expect(readFileSync(join(root, file), "utf8")).toBe(text);
  });

  it("have each folder of src/resources", () => {
    const folders = readdirSync(join(root, "src/resources"), { withFileTypes: true });
    expect([...KINDS].sort()).toEqual(folders.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).toSorted());
  });

  it("have each kind under its own name", () => {
    for (const [name, { kind }] of Object.entries(DEFINITIONS)) expect(kind).toBe(name);
  });
});
