/** What the READMEs say is what there is: labs, scripts, lab files that are shown. */
import { existsSync, globSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { makeProgram } from "../../../src/cli/program.ts";
import { COMMANDS } from "../../../src/cli/commands.ts";
import type { CliContext } from "../../../src/cli/context.ts";
import { diagnose, lab } from "../load/diagnose.ts";

const root = join(import.meta.dirname, "../../..");
const read = (file: string): string => readFileSync(join(root, file), "utf8");
// The changelog also names what is gone.
const pages = globSync(["*.md", "{labs,src,.github}/**/*.md"], { cwd: root }).filter((file) => file !== "CHANGELOG.md");

test("every lab is in the table of labs", () => {
  const table = read("labs/README.md");
  for (const file of readdirSync(join(root, "labs")).filter((name) => name.endsWith(".yaml")))
    expect(table).toContain(`| [${file.replace(/\.yaml$/, "")}](${file})`);
});

test("the README leads to every page for users", () => {
  const index = read("labs/README.md");
  for (const page of readdirSync(join(root, "labs/docs"))) expect(index).toContain(`](docs/${page})`);
  expect(read("README.md")).toContain("](labs/README.md)");
});

test("environment variables that set an option are listed", async () => {
  const context = { stdout: {}, stderr: {}, env: {} } as unknown as CliContext;
  const named = new Set<string>();
  for (const name of COMMANDS.keys()) {
    const command = (await makeProgram(name, context)).commands.find((one) => one.name() === name);
    for (const { envVar } of command?.options ?? []) if (envVar !== undefined) named.add(envVar);
  }
  expect(named.size).toBeGreaterThan(1);
  for (const name of named) expect(read("labs/docs/troubleshooting.md")).toContain(`| \`${name}\``);
});

describe.each(pages)("%s", (page) => {
  const text = read(page);

  test("the scripts and commands that it names are there", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    for (const [, name = ""] of text.matchAll(/`npm run ([\w:]+)/g)) expect(Object.keys(scripts)).toContain(name);
    for (const [, path = ""] of text.matchAll(/(?:sudo |`)(scripts\/[\w./-]+)/g))
      expect(existsSync(join(root, path)), path).toBe(true);
    for (const [path] of text.matchAll(/\btest\/[\w/-]+\.test\.tsx?\b/g))
      expect(existsSync(join(root, path)), path).toBe(true);
    for (const [, name = ""] of text.matchAll(/(?:\$ |`|sudo )k8snet-lab ([a-z]+)\b/g))
      expect([...COMMANDS.keys()]).toContain(name);
  });

  test("the labs that it shows are valid", () => {
    for (const [, yaml = ""] of text.matchAll(/^```yaml\n(.*?)^```$/gms)) {
      if (/:\s+…/.test(yaml)) continue;
      if (yaml.startsWith("apiVersion: k8snet-lab/v1")) expect(diagnose(yaml)).toEqual([]);
      const part = /^(topology|cluster|engines|steps):/.exec(yaml)?.[1];
      const spec = yaml.replaceAll(/^(?=.)/gm, "  ");
      if (part === "topology" && !yaml.includes("links:"))
        expect(diagnose(lab(`  cluster: { nodes: [node1] }\n${spec}`))).toEqual([]);
      else if (part === "steps")
        expect(diagnose(`${lab(`  cluster: { nodes: [node1] }\n${spec}`)}---\n${PODS}`)).toEqual([]);
      else if (part === "engines") expect(diagnose(lab(`  cluster: { nodes: [node1, node2] }\n${spec}`))).toEqual([]);
      else if (part !== undefined) expect(diagnose(lab(spec))).toEqual([]);
    }
  });
});

/** What the steps that are shown are about. */
const PODS = `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template: { metadata: { labels: { app: web } }, spec: { containers: [{ name: main, ports: [{ containerPort: 80 }] }] } }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Pod
metadata: { name: client }
spec: { containers: [{ name: main, ports: [{ containerPort: 80 }] }] }
`;
