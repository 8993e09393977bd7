/**
 * Checks the import rules of scripts/import-rules.ts over a tree of sources and prints every violation.
 *   node scripts/check-imports.ts [FOLDER]      default: src; exit 1 when something is wrong
 */
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, posix, relative, resolve } from "node:path";
import { APPLIERS, FOLDER_RULES, PACKAGE_OWNERS, PURE_FILES, PURE_MODULES, SHARED_FILES } from "./import-rules.ts";

interface Import {
  readonly specifier: string;
  readonly line: number;
  readonly kind: "value" | "type" | "lazy";
}

export interface Violation {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

const STATIC = /^[ \t]*(?:import|export)\b(?<what>[^;'"`]*?)(?<from>\bfrom\s*)?["'](?<specifier>[^"']+)["']/gm;
const DYNAMIC = /\b(?<type>typeof\s+)?import\(\s*["'](?<specifier>[^"']+)["']\s*\)/g;

/** All imports of a source text. An import whose names are all marked `type` still loads the file: it counts as a value. */
export function findImports(text: string): readonly Import[] {
  const found: Import[] = [];
  const line = (index: number): number => text.slice(0, index).split("\n").length;
  for (const match of text.matchAll(STATIC)) {
    const what = match.groups?.what ?? "";
    // `export const x = "…"` and the like are not imports.
    if (match.groups?.from === undefined && what.trim() !== "") continue;
    found.push({
      specifier: match.groups?.specifier ?? "",
      line: line(match.index),
      kind: /^\s+type\b/.test(what) ? "type" : "value",
    });
  }
  for (const match of text.matchAll(DYNAMIC)) {
    found.push({
      specifier: match.groups?.specifier ?? "",
      line: line(match.index),
      kind: match.groups?.type === undefined ? "lazy" : "type",
    });
  }
  return found;
}

/** `src/cli/commands/up.ts` → `cli`; a file of src itself → undefined. */
function folderOf(file: string): string | undefined {
  if (APPLIERS.test(file)) return "apply";
  const parts = file.split("/");
  return parts.length > 1 ? parts[0] : undefined;
}

function checkRelative(from: string, target: string, kind: Import["kind"]): string | undefined {
  const own = folderOf(from);
  const other = folderOf(target);
  if (target.startsWith("..")) return target === "../package.json" ? undefined : "imports from outside src";
  if (PURE_FILES.test(from) && target.endsWith("/run.ts") && kind === "value")
    return `${target} is loaded by import() only, when a check runs`;
  if (own === other && own !== undefined) return undefined;
  if (other === undefined) {
    return SHARED_FILES.includes(target) || own === undefined
      ? undefined
      : `${target} is not one of the shared files (${SHARED_FILES.join(", ")})`;
  }
  if (own === undefined)
    return kind === "type" ? undefined : `shared files import nothing but types, this loads ${other}/`;
  const rule = FOLDER_RULES[own];
  if (rule === undefined) return `folder ${own}/ has no rule in scripts/import-rules.ts`;
  if (rule.values.includes(other)) return undefined;
  if (kind === "type" && (rule.types.includes(other) || rule.lazy.includes(other))) return undefined;
  if (kind === "lazy" && rule.lazy.includes(other)) return undefined;
  if (rule.lazy.includes(other))
    return `${own}/ may load ${other}/ only by import(), so that commands without it start fast`;
  if (rule.types.includes(other)) return `${own}/ may import only types of ${other}/ (import type)`;
  return `${own}/ may not import ${other}/`;
}

function checkPackage(from: string, specifier: string, kind: Import["kind"]): string | undefined {
  const own = folderOf(from);
  const rule = own === undefined ? { pure: true } : FOLDER_RULES[own];
  if (specifier.startsWith("node:")) {
    const allowed =
      (rule?.pure !== true && !PURE_FILES.test(from)) || PURE_MODULES.includes(specifier) || kind === "type";
    return allowed ? undefined : `${own ?? "shared files"} must stay pure: ${specifier} reaches the outside world`;
  }
  const name = specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
  const owners = PACKAGE_OWNERS[name];
  if (owners === undefined || kind === "type" || (own !== undefined && owners.includes(own))) return undefined;
  return `${name} belongs to ${owners.map((owner) => `${owner}/`).join(", ")}`;
}

/** All violations under a folder that is laid out like src. */
export function checkImports(root: string): readonly Violation[] {
  const violations: Violation[] = [];
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) => /\.tsx?$/.test(file));
  for (const file of files.sort()) {
    for (const { specifier, line, kind } of findImports(readFileSync(join(root, file), "utf8"))) {
      const message = specifier.startsWith(".")
        ? checkRelative(file, posix.normalize(posix.join(dirname(file), specifier)), kind)
        : checkPackage(file, specifier, kind);
      if (message !== undefined) violations.push({ file, line, message });
    }
  }
  return violations;
}

if (import.meta.main) {
  const root = resolve(process.argv[2] ?? join(import.meta.dirname, "..", "src"));
  const violations = checkImports(root);
  for (const { file, line, message } of violations)
    console.error(`${relative(process.cwd(), join(root, file))}:${line}: ${message}`);
  if (violations.length > 0) process.exitCode = 1;
}
