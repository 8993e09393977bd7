/**
<<<<<<< HEAD
 * One new folder and one line in a registry: a kind of each sort of thing is added to a copy of the sources, which must still
 * compile and keep the import rules.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../../..");

interface Growth {
  /** What is added. */
  readonly what: string;
  /** The new folder, and its files with their text. */
  readonly folder: string;
  readonly files: Readonly<Record<string, string>>;
  /** The one line: after which text of which file. */
  readonly line: { readonly file: string; readonly after: string; readonly text: string };
  /** Writes what is made of the registry, as the project's own script does. */
  readonly generate?: string | undefined;
}

const GROWTHS: readonly Growth[] = [
  {
    what: "resource kind",
    folder: "src/resources/alias",
    files: {
      "definition.ts": `/** Names of devices. */
import type { ResourceDefinition } from "../definition.ts";
import type { ResourceBase } from "../resource.ts";
import { aliasEncoder } from "./encode.ts";
import { aliasPlan } from "./plan.ts";

export interface AliasResource extends ResourceBase {
  readonly kind: "alias";
  readonly dev: string;
  readonly text: string;
}

export const aliasDefinition: ResourceDefinition<AliasResource> = {
  kind: "alias",
  lives: "kernel",
  speed: "netlink",
  script: "own",
  key: ({ dev }) => [dev],
  describe: ({ dev, text }) => \`alias \${text} dev \${dev}\`,
  plan: aliasPlan,
  encode: aliasEncoder,
};
`,
      "plan.ts": `/** Names of devices. */
import { ids, MISSING, SAME } from "../kind.ts";
import type { KindPlan } from "../kind.ts";
import type { AliasResource } from "./definition.ts";

export const aliasPlan: KindPlan<AliasResource> = {
  dependencies(alias, index) {
    const home = ids(index.device(alias.ns, alias.dev));
    return { needs: home, diesWith: home };
  },
  compare: (alias, observed) => (observed.state.applied[alias.id] === undefined ? MISSING : SAME),
  replaces: () => false,
};
`,
      "encode.ts": `/** Names of devices. */
import type { KindEncoder } from "../encode-kind.ts";
import type { AliasResource } from "./definition.ts";

export const aliasEncoder: KindEncoder<AliasResource> = {
  create: (alias, shell) => [shell.ip(alias, "link", "set", alias.dev, "alias", alias.text)],
  update: (alias, _before, shell) => [shell.ip(alias, "link", "set", alias.dev, "alias", alias.text)],
  remove: (alias, shell) => [shell.ip(alias, "link", "set", alias.dev, "alias", "")],
};
`,
      "apply.ts": `/** Names of devices. */
import type { SyncApplier } from "../../apply/kind.ts";

export const alias = {
  create(resource, context) {
    context.netns(resource.ns);
  },
  update(resource, _before, context) {
    this.create(resource, context);
  },
  remove() {},
} satisfies SyncApplier<"alias">;
`,
    },
    line: { file: "src/resources/kinds.ts", after: '  "qdisc",\n', text: '  "alias",\n' },
    generate: "scripts/registry.ts",
  },
];

const copy = mkdtempSync(join(tmpdir(), "growth-"));

beforeAll(() => {
  for (const name of ["src", "scripts", "tsconfig.json", "package.json"])
    cpSync(join(root, name), join(copy, name), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
});

afterAll(() => rmSync(copy, { recursive: true }));

function run(...argv: readonly string[]): string {
  try {
    return execFileSync(process.execPath, argv, { cwd: copy, encoding: "utf8", stdio: "pipe" });
  } catch (error) {
    return String((error as { stdout?: string }).stdout) + String((error as { stderr?: string }).stderr);
  }
}

describe("one folder and one line", () => {
  it.each(GROWTHS)("$what", ({ folder, files, line, generate }) => {
    mkdirSync(join(copy, folder));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(copy, folder, name), text);
    const path = join(copy, line.file);
    const before = readFileSync(path, "utf8");
    expect(before).toContain(line.after);
    writeFileSync(path, before.replace(line.after, line.after + line.text));
    expect(dirname(line.file).split("/")[0]).toBe("src");
    if (generate !== undefined) expect(run(generate)).toBe("");
  });

  it("compiles with all of them, and imports as the rules say", { timeout: 120_000 }, () => {
    writeFileSync(
      join(copy, "tsconfig.growth.json"),
      JSON.stringify({
        extends: "./tsconfig.json",
        include: ["src", "scripts"],
        compilerOptions: { incremental: true, tsBuildInfoFile: "growth.tsbuildinfo" },
      }),
    );
    expect(run("node_modules/typescript/bin/tsc", "-p", "tsconfig.growth.json", "--noEmit")).toBe("");
    expect(run("scripts/check-imports.ts")).toBe("");
  });

  it("does not compile with a folder that lacks a part", { timeout: 120_000 }, () => {
    rmSync(join(copy, "src/resources/alias/apply.ts"));
    expect(run("node_modules/typescript/bin/tsc", "-p", "tsconfig.growth.json", "--noEmit")).toContain("apply.ts");
  });
=======
 * One folder and one line: a dummy of each kind of thing that grows is added to a copy of the sources. The copy must pass the type
 * check and the import rules, and each dummy must work.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkImports } from "../../../scripts/check-imports.ts";
import { registries } from "../../../scripts/registry.ts";
import { DUMMIES } from "./growth-dummies.ts";
import type { Dummy } from "./growth-dummies.ts";

const root = join(import.meta.dirname, "../../..");
let copy: string;

/** Adds a line to a list, and its import before the first import of the registry. */
function register({ registry, imports, after, line }: Dummy): void {
  const file = join(copy, "src", registry);
  const text = readFileSync(file, "utf8");
  const list = text.replace(`\n${after}\n`, `\n${after}\n${line}\n`);
  expect(list, `${registry} has a line "${after}"`).not.toBe(text);
  writeFileSync(file, imports === undefined ? list : list.replace(/^import /m, `${imports}\nimport `));
}

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), "k8snet-growth-"));
  cpSync(join(root, "src"), join(copy, "src"), { recursive: true });
  cpSync(join(root, "package.json"), join(copy, "package.json"));
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  const { compilerOptions } = JSON.parse(readFileSync(join(root, "tsconfig.json"), "utf8")) as {
    compilerOptions: object;
  };
  writeFileSync(join(copy, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["src"] }));
  for (const dummy of DUMMIES) {
    for (const [file, text] of Object.entries(dummy.files)) {
      mkdirSync(dirname(join(copy, "src", file)), { recursive: true });
      writeFileSync(join(copy, "src", file), text);
    }
    register(dummy);
  }
  // `npm run registry`.
  const kinds = execFileSync(
    process.execPath,
    [
      "--input-type=module",
      "-e",
      'import { KINDS } from "./src/resources/kinds.ts"; console.log(JSON.stringify(KINDS))',
    ],
    { cwd: copy, encoding: "utf8" },
  );
  for (const [file, text] of registries(JSON.parse(kinds) as string[])) writeFileSync(join(copy, file), text);
});
afterAll(() => rmSync(copy, { recursive: true }));

test("the types hold", { timeout: 120_000 }, () => {
  const { stdout } = spawnSync(join(root, "node_modules/.bin/tsc"), ["--noEmit", "-p", copy], { encoding: "utf8" });
  expect(stdout).toBe("");
});

test("the import rules hold", () => {
  expect(checkImports(join(copy, "src"))).toEqual([]);
});

test.each(DUMMIES.map((dummy) => [dummy.what, dummy] as const))("a new %s is one folder, and works", (_what, dummy) => {
  const files = Object.keys(dummy.files);
  expect(files.length === 1 || new Set(files.map((file) => dirname(file))).size === 1).toBe(true);
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", dummy.proof], {
    cwd: copy,
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual(dummy.prints);
>>>>>>> d7bbc6c (Reporters are a file and a line, their flags come from the registry; a test adds a dummy check, reporter, resource and policy backend to a copy of the sources and type checks it)
});
