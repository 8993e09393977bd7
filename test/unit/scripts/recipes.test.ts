/** The recipe for a check kind, followed to the letter in a copy of the sources: it compiles, and labs may use it. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = join(import.meta.dirname, "../../..");
const text = readFileSync(join(root, ".github/CONTRIBUTING.md"), "utf8");
const files = [...text.matchAll(/^```ts (src\/checks\/\S+)\n(.*?)^```$/gms)].map(([, path = "", code = ""]) => ({
  path,
  code,
}));

const LAB = `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: recipe }
spec:
  topology: { nodes: { red: { servers: [80] } } }
  checks: [{ name: the server listens, from: red, listens: 80, expect: "yes" }]
`;

let copy = "";
beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), "k8snet-recipe-"));
  for (const path of ["src", "tsconfig.json", "package.json"])
    cpSync(join(root, path), join(copy, path), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  for (const { path, code } of files) {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    writeFileSync(join(copy, path), code);
  }
  // The two lines of the registry that the recipe asks for.
  const registry = join(copy, "src/checks/registry.ts");
  const before = readFileSync(registry, "utf8");
  writeFileSync(
    registry,
    before
      .replace(/^import \{ nat \}/m, 'import { listens } from "./listens/check.ts";\n$&')
      .replace(/^const KINDS = \[\n/m, "$&  listens,\n"),
  );
});
afterAll(() => rmSync(copy, { recursive: true }));

function run(args: readonly string[]): string {
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { cwd: copy, encoding: "utf8" });
  return `${stdout}${stderr}exit ${status}`;
}

test("has its four files", () => {
  expect(files.map(({ path }) => path).toSorted()).toEqual(
    ["check", "resolve", "run", "schema"].map((name) => `src/checks/listens/${name}.ts`),
  );
});

test("the types hold with one new folder and one line", { timeout: 120_000 }, () => {
  const config = JSON.parse(readFileSync(join(copy, "tsconfig.json"), "utf8")) as { include?: readonly string[] };
  writeFileSync(join(copy, "tsconfig.json"), JSON.stringify({ ...config, include: ["src"] }));
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  expect(run([tsc, "--noEmit"])).toBe("exit 0");
});

test("a lab file may have such a check, and mistakes in it have their place", () => {
  writeFileSync(join(copy, "good.yaml"), LAB);
  writeFileSync(join(copy, "bad.yaml"), LAB.replace('"yes"', "maybe"));
  expect(run(["src/cli/main.ts", "validate", "good.yaml"])).toContain("exit 0");
  expect(run(["src/cli/main.ts", "validate", "bad.yaml"])).toMatch(/bad\.yaml:6:\d+.*exit 2$/su);
});
