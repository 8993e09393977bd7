/**
 * Volumes of pods: STATE/volumes/NS/@/NAME (of a hostNetwork pod: STATE/volumes/NODE/@pods/NAMESPACE/NAME/@/NAME), all in one tmpfs, mounted
 * by each program that starts. Files are changed at once, as the kubelet does it (pkg/volume/util: AtomicWriter): NAME/..data leads to
 * the folder with all of them, what programs see are links through it.
 */
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname } from "node:path";
import { MNT_DETACH, mount, must, umount2 } from "../../kernel/libc.ts";
import type { VolumeResource } from "./definition.ts";
import type { RuntimeApplier } from "../../apply/kind.ts";
import type { LabRuntime } from "../../apply/runtime.ts";

type VolumeFile = NonNullable<VolumeResource["files"]>[number];

const EVERYBODY = 0o777;
const DATA = "..data";

/** Where the volumes of a pod are. `ns`: as a resource has it; `pod`: of a hostNetwork pod. */
export function volumesOf(runtime: LabRuntime, ns: string, pod?: string): string {
  return `${runtime.folder}/volumes/${ns}/${pod === undefined ? "" : `@pods/${pod}/`}@`;
}

const folderOf = ({ ns, pod, name }: VolumeResource, runtime: LabRuntime): string =>
  `${volumesOf(runtime, ns, pod)}/${name}`;

/** A file system of its own is mounted there. */
function isMounted(folder: string): boolean {
  return existsSync(folder) && statSync(folder).dev !== statSync(dirname(folder)).dev;
}

function mountTmpfs(folder: string, data: string): void {
  if (!isMounted(folder)) must("mount", mount("k8snet-lab", folder, "tmpfs", 0, data), folder);
}

/** Also what is mounted below it. Its memory is free even where processes of other labs still hold the mount. */
function emptyAndUnmount(folder: string): void {
  for (const name of readdirSync(folder)) {
    try {
      rmSync(`${folder}/${name}`, { recursive: true, force: true });
    } catch {
      // Mounted on: it goes with what is unmounted now.
    }
  }
  if (isMounted(folder)) must("umount", umount2(folder, MNT_DETACH), folder);
}

/** Before a lab's state folder is removed. */
export function removeVolumes(stateFolder: string): void {
  const root = `${stateFolder}/volumes`;
  if (isMounted(root)) emptyAndUnmount(root);
}

const bytesOf = ({ text, base64 }: VolumeFile): Buffer =>
  base64 === undefined ? Buffer.from(text ?? "") : Buffer.from(base64, "base64");

/** True when the content is not what was written. The content of an empty folder belongs to its programs. */
function isChanged(resource: VolumeResource, runtime: LabRuntime): boolean {
  const folder = folderOf(resource, runtime);
  try {
    if (resource.files === undefined) return !statSync(folder).isDirectory();
    return resource.files.some((file) => {
      const path = `${folder}/${file.path}`;
      return (statSync(path).mode & EVERYBODY) !== file.mode || !readFileSync(path).equals(bytesOf(file));
    });
  } catch {
    return true;
  }
}

function writeFiles(folder: string, files: readonly VolumeFile[]): void {
  const time = new Date().toISOString().slice(0, 19).replaceAll(/[-T:]/g, "_");
  const made = mkdtempSync(`${folder}/..${time}.`);
  chmodSync(made, 0o755);
  for (const file of files) {
    const path = `${made}/${file.path}`;
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    writeFileSync(path, bytesOf(file));
    chmodSync(path, file.mode);
  }
  rmSync(`${folder}/${DATA}_tmp`, { force: true });
  symlinkSync(basename(made), `${folder}/${DATA}_tmp`);
  renameSync(`${folder}/${DATA}_tmp`, `${folder}/${DATA}`);
  const shown = new Set(files.map(({ path }) => path.split("/", 1)[0] ?? ""));
  for (const name of readdirSync(folder)) {
    const path = `${folder}/${name}`;
    if (name === DATA || name === basename(made)) continue;
    if (name.startsWith("..")) rmSync(path, { recursive: true });
    else if (lstatSync(path).isSymbolicLink() && !shown.has(name)) unlinkSync(path);
  }
  for (const name of shown) {
    rmSync(`${folder}/${name}`, { recursive: true, force: true });
    symlinkSync(`${DATA}/${name}`, `${folder}/${name}`);
  }
}

export const volume: RuntimeApplier<"volume"> = {
  create(resource, runtime) {
    mountTmpfs(runtime.subfolder("volumes"), "mode=755");
    const folder = folderOf(resource, runtime);
    mkdirSync(folder, { recursive: true });
    const { tmpfs, files } = resource;
    if (tmpfs !== undefined) mountTmpfs(folder, tmpfs.size === undefined ? "mode=777" : `mode=777,size=${tmpfs.size}`);
    chmodSync(folder, EVERYBODY);
    if (files !== undefined && isChanged(resource, runtime)) writeFiles(folder, files);
  },
  update(resource, _before, runtime) {
    const folder = folderOf(resource, runtime);
    if (!existsSync(folder) || resource.files === undefined) return this.create(resource, runtime);
    writeFiles(folder, resource.files);
  },
  remove(resource, runtime) {
    const folder = folderOf(resource, runtime);
    if (!existsSync(folder)) return;
    emptyAndUnmount(folder);
    rmSync(folder, { recursive: true, force: true });
  },
  restore(resource, runtime) {
    return this.create(resource, runtime);
  },
  isChanged,
};
