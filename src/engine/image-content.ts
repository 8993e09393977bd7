/** What the node image is made of: the Dockerfile, the agent and the data plane in a file each, and koffi; and the hash that identifies its content. */
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";

export interface ImageContent {
  readonly dockerfile: string;
  /** Agent files by name. */
  readonly files: Readonly<Record<string, string>>;
  readonly koffi: string;
  readonly hash: string;
}

/** The agent, and what it starts on its machine. */
const PROGRAMS = ["agent", "dataplane"] as const;

const BUNDLED = process.env["K8SNET_LAB_BUNDLED"] === "1";
const require = createRequire(import.meta.filename);

function beside(path: string): string {
  return join(import.meta.dirname, path);
}

/** `base`: what the image is built on; part of the hash. */
export async function imageContent(base: string): Promise<ImageContent> {
  const dockerfile = readFileSync(beside(BUNDLED ? "Dockerfile" : "../../scripts/Dockerfile"), "utf8");
  const files = {
    "package.json": '{ "type": "commonjs" }\n',
    ...(await agentFiles()),
  };
  const koffi = (JSON.parse(readFileSync(join(koffiFolder(), "package.json"), "utf8")) as { version: string }).version;
  const hash = createHash("sha256");
  for (const part of [base, dockerfile, koffi, ...Object.entries(files).flat()]) hash.update(part).update("\0");
  return { dockerfile, files, koffi, hash: hash.digest("hex").slice(0, 16) };
}

/** When running from the sources, they are bundled now; esbuild is installed wherever the sources are used. */
async function agentFiles(): Promise<Readonly<Record<string, string>>> {
  if (BUNDLED)
    return Object.fromEntries(
      PROGRAMS.flatMap((name) => [`${name}.js`, `${name}-main.js`]).map((name) => [
        name,
        readFileSync(beside(name), "utf8"),
      ]),
    );
  const { build } = await import("esbuild");
  const { outputFiles } = await build({
    // Names of source files in the output are relative to this: the same content, the same hash, wherever it is built from.
    absWorkingDir: beside("../.."),
    entryPoints: Object.fromEntries(PROGRAMS.map((name) => [name, beside(`../${name}/main.ts`)])),
    outdir: "programs",
    bundle: true,
    write: false,
    format: "cjs",
    platform: "node",
    target: "node24",
    external: ["koffi"],
    define: {
      "process.env.NODE_ENV": '"production"',
      "import.meta.main": "true",
      "import.meta.dirname": "__dirname",
      "import.meta.filename": "__filename",
      "process.env.K8SNET_LAB_BUNDLED": '"1"',
    },
  });
  return Object.fromEntries(outputFiles.map(({ path, text }) => [basename(path), text]));
}

function koffiFolder(): string {
  return dirname(require.resolve("koffi"));
}

/** A folder with the Dockerfile and what it copies. The caller calls `remove`. */
export function stageContent(content: ImageContent): {
  readonly folder: string;
  readonly entries: string[];
  remove(): void;
} {
  const folder = mkdtempSync(join(tmpdir(), "k8snet-lab-image-"));
  const context = join(folder, "context");
  mkdirSync(join(context, "node_modules"), { recursive: true });
  writeFileSync(join(folder, "Dockerfile"), content.dockerfile);
  for (const [name, text] of Object.entries(content.files)) writeFileSync(join(context, name), text);
  const koffi = koffiFolder();
  const skip = new Set(["doc", "vendor", "README.md", "CHANGELOG.md"].map((name) => join(koffi, name)));
  cpSync(koffi, join(context, "node_modules/koffi"), {
    recursive: true,
    dereference: true,
    filter: (path) => !skip.has(path),
  });
  const natives = join(koffi, "../@koromix");
  for (const name of names(natives))
    if (name.startsWith("koffi-linux-"))
      cpSync(join(natives, name), join(context, "node_modules/@koromix", name), { recursive: true, dereference: true });
  return { folder, entries: ["Dockerfile", "context"], remove: () => rmSync(folder, { recursive: true, force: true }) };
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
