/** The pages for users: what is generated is current, examples are what a lab file may say, and every link leads somewhere. */
import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { anchor } from "../../../scripts/docs/field-tables.ts";
import { fill, generatedFiles } from "../../../scripts/docs/generated-files.ts";
import { COMMANDS } from "../../../src/cli/commands.ts";
import { EXIT } from "../../../src/errors.ts";
import { JSON_DOCS } from "../../../src/report/json.ts";
import { labDocument } from "../../../src/load/schema.ts";

const root = join(import.meta.dirname, "../../..");
const read = (file: string): string => readFileSync(join(root, file), "utf8");
const pages = globSync(["*.md", "{src,labs,test,scripts,.github}/**/*.md"], { cwd: root });

test.each([...(await generatedFiles(read))])("%s is current (npm run docs writes it)", (file, text) => {
  expect(read(file)).toBe(text);
});

test("reviewers are not shown the changes of a file that is generated as a whole", () => {
  expect(read(".gitattributes")).toContain("labs/schema.json linguist-generated\n");
});

test("only what is between the marks of a page is replaced", async () => {
  const page =
    "before\n<!-- generated: one -->\nold\n<!-- end -->\nbetween\n<!-- generated: two -->\n<!-- end -->\nafter";
  expect(await fill(page, { one: () => "1", two: () => Promise.resolve("2") })).toBe(
    "before\n<!-- generated: one -->\n\n1\n\n<!-- end -->\nbetween\n<!-- generated: two -->\n\n2\n\n<!-- end -->\nafter",
  );
  await expect(fill("<!-- generated: three -->\n<!-- end -->", {})).rejects.toThrow("three");
});

describe("labs/docs/checks.md", () => {
  const text = read("labs/docs/checks.md");
  const kinds = [...text.matchAll(/^## (\w+)$/gm)].map(([, kind = ""]) => kind);

  test("its examples are checks that a lab file may have, one of each kind", () => {
    const examples = [...text.matchAll(/^```yaml\n(- .*?)^```$/gms)].flatMap(
      ([, yaml = ""]) => parse(yaml) as object[],
    );
    const lab = { apiVersion: "k8snet-lab/v1", kind: "Lab", metadata: { name: "x" }, spec: { checks: examples } };
    expect(labDocument.parse(lab).spec.checks).toEqual(examples);
    expect(examples.map((one) => kinds.find((kind) => kind in one))).toEqual(kinds);
  });
});

describe("labs/docs/commands.md", () => {
  const text = read("labs/docs/commands.md");

  test("has every command", () => {
    for (const [name, entry] of COMMANDS) if (!("hidden" in entry)) expect(text).toContain(`\n### ${name}\n`);
  });

  test("describes the events of --json as the reporter does", () => {
    expect(text).toContain(JSON_DOCS.trim());
  });

  test("has every exit code", () => {
    for (const code of Object.values(EXIT)) expect(text).toContain(`\n| ${code} |`);
  });
});

describe.each(pages)("%s", (page) => {
  const text = read(page);
  const prose = text.replaceAll(/^```.*?^```$/gms, "");

  test("every relative link leads to a file, and to a heading of it", () => {
    for (const [, link = ""] of prose.matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)) {
      const [path = "", heading] = link.split("#");
      const file = path === "" ? page : relative(root, join(root, dirname(page), path));
      expect(existsSync(join(root, file)), `${page}: ${link}`).toBe(true);
      if (heading !== undefined) expect(anchors(file), `${page}: ${link}`).toContain(heading);
    }
  });

  test("every file and folder of src, test or scripts that it names is there", () => {
    // `src/checks/NAME`: the folder of what is to be named.
    for (const [, path = ""] of prose.matchAll(/`((?:src|test|scripts)\/[\w./-]+)`/g))
      expect(existsSync(join(root, path.replace(/\/NAME(?:\.ts|\/.*)?$/, ""))), path).toBe(true);
    if (!page.startsWith("src/")) return;
    // The guide to the code also names what is within src: `net/digest.ts`, `services/trace`.
    for (const [, path = "", first = ""] of prose.matchAll(/`(([a-z]+)\/[a-z0-9/.-]+)`/g))
      if (existsSync(join(root, "src", first))) expect(existsSync(join(root, "src", path)), path).toBe(true);
  });
});

/** GitHub's anchors of a page: of a heading that comes twice, the second has `-1`. */
function anchors(file: string): readonly string[] {
  if (statSync(join(root, file)).isDirectory()) return [];
  const seen = new Map<string, number>();
  const prose = read(file).replaceAll(/^```.*?^```$/gms, "");
  return [...prose.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = ""]) => {
    const name = anchor(heading.replaceAll(/[`*]|\]\([^)]*\)/g, ""));
    const count = seen.get(name) ?? 0;
    seen.set(name, count + 1);
    return count === 0 ? name : `${name}-${count}`;
  });
}
