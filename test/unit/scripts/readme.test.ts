/** What the README says is what there is: commands, labs, exit codes, events, files. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { COMMANDS } from "../../../src/cli/commands.ts";
import { EXIT } from "../../../src/errors.ts";
import { JSON_DOCS } from "../../../src/report/json.ts";

const root = join(import.meta.dirname, "../../..");
const readme = readFileSync(join(root, "README.md"), "utf8");

test("the events of --json are described as the reporter describes them", () => {
  expect(readme).toContain(JSON_DOCS.trim());
});

test("every command is in the table", () => {
  for (const [name, entry] of Object.entries(COMMANDS)) {
    if (!("hidden" in entry)) expect(readme).toMatch(new RegExp(`^\\| .*\`${name}\\b.*\` \\|`, "m"));
  }
});

test("every exit code is in the table", () => {
  for (const code of Object.values(EXIT)) expect(readme).toContain(`\n| ${code} |`);
});

test("every lab is in the table, and every file that is linked is there", () => {
  for (const file of readdirSync(join(root, "labs")).filter((name) => name.endsWith(".yaml"))) {
    expect(readme).toContain(`](labs/${file})`);
  }
  for (const [, link = ""] of readme.matchAll(/\]\((?!https:)([^)]+)\)/g))
    expect(existsSync(join(root, link)), link).toBe(true);
});

test("the scripts that it names are in package.json or in scripts/", () => {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  for (const [, name = ""] of readme.matchAll(/`npm run ([\w:]+)/g)) expect(Object.keys(scripts)).toContain(name);
  for (const [, path = ""] of readme.matchAll(/sudo (scripts\/\S+)/g))
    expect(existsSync(join(root, path)), path).toBe(true);
});
