/** How files that replace the host's for processes of one namespace are kept: STATE/files/NS/@/PATH, bind-mounted on entry; a hostNetwork pod's in STATE/files/NODE/@pods/NAMESPACE/NAME/@/PATH. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, normalize } from "node:path";
import type { FileResource } from "./definition.ts";
import type { RuntimeApplier } from "../../apply/kind.ts";
import type { LabRuntime } from "../../apply/runtime.ts";

/** The folder that represents `/` of a namespace's own files, or of a hostNetwork pod's. Names of namespaces contain no `@`. */
export function fileTree(runtime: LabRuntime, ns: string, pod?: string): string {
  return `${runtime.folder}/files/${ns}/${pod === undefined ? "" : `@pods/${pod}/`}@`;
}

function hostPath(resource: FileResource, runtime: LabRuntime): string {
  if (!resource.path.startsWith("/") || normalize(resource.path) !== resource.path) {
    throw new Error(`${resource.path}: not an absolute, plain path`);
  }
  return fileTree(runtime, resource.ns, resource.pod) + resource.path;
}

/** Written in place: processes that have it bind-mounted see the new content. */
function writeLabFile(resource: FileResource, runtime: LabRuntime): void {
  const path = hostPath(resource, runtime);
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  writeFileSync(path, resource.content, { mode: resource.executable === true ? 0o755 : 0o644 });
}

/** What is really in it now; undefined: it cannot be read. */
export function readLabFile(resource: FileResource, runtime: LabRuntime): string | undefined {
  try {
    return readFileSync(hostPath(resource, runtime), "utf8");
  } catch {
    return undefined;
  }
}

/** A program or a user has changed it since it was written. */
function isChanged(resource: FileResource, runtime: LabRuntime): boolean {
  return readLabFile(resource, runtime) !== resource.content;
}

export const file: RuntimeApplier<"file"> = {
  create: writeLabFile,
  update: (resource, _before, runtime) => writeLabFile(resource, runtime),
  remove: (resource, runtime) => rmSync(hostPath(resource, runtime), { force: true }),
  restore: writeLabFile,
  isChanged,
};
