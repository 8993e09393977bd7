/**
 * How a program gets into a namespace with what belongs to it: its own /etc/hosts, resolv.conf and hostname and the volumes
 * of its container in a private mount and UTS namespace, and a /sys that shows the namespace's devices. The script is fixed;
 * all that varies is passed as arguments and never read as shell text.
 */
import { fileTree } from "../resources/file/apply.ts";
import { filesIn } from "../resources/file/definition.ts";
import { processesIn } from "../resources/process/definition.ts";
import { volumesOf } from "../resources/volume/apply.ts";
import type { LabRuntime } from "./runtime.ts";
import { socketFolders } from "./socket-folders.ts";

/** Runs the program, from $cwd. Without a single quote; a builtin's name (test, true) may be a program as well. */
const RUN = `
cd "$cwd" 2>/dev/null || cd /
program=$(command -v "$1" 2>/dev/null)
if [ -z "$program" ]; then
  echo "error: $place has no program $1: labs use the programs of the machine that they run on" >&2
  exit 127
fi
case $program in
  */*)
    if [ ! -x "$program" ]; then
      echo "error: $1 cannot be run in $place: it is not an executable file" >&2
      exit 126
    fi
    ;;
esac
exec "$@"
`;

/**
 * $1 working directory, $2 hostname, $3 an empty folder of the lab's, $4 folder of the volumes and $5 number of mounts, $6 tree of own
 * files and $7 their number; then for each mount volume (or a folder with its path), part of it, path and `ro` or `rw`; the paths of the
 * files; the program.
 *
 * A path that this machine does not have is created in a layer over the nearest existing folder, visible to this program only: an
 * overlay, or, where others are mounted in it, a tmpfs into which all that is in the folder is mounted; `/` becomes one by chroot.
 */
const SCRIPT = `
cwd=$1 host=$2 scratch=$3 volumes=$4 mounts=$5 tree=$6 files=$7
shift 7
root= layers=0 own= nl='
'

# The filesystem at the path $1 is the program's own.
owns() { own="$own$1|$(stat -c %d "$root$1")$nl"; }

# The folder $1 is on such a filesystem, and not on one that is mounted in it; a volume may be on the same as the machine's folders.
is_own() {
  device=$(stat -c %d "$root$1") fields=$IFS IFS=$nl found=1
  set -f
  for entry in $own; do
    case $entry in *"|$device") ;; *) continue ;; esac
    path=\${entry%|*}
    case $1/ in "\${path%/}"/*) found=0 ;; esac
  done
  set +f
  IFS=$fields
  return $found
}

layer() {
  [ "$layers" -gt 0 ] || mount -t tmpfs -o mode=755 tmpfs "$scratch" || return
  layers=$((layers + 1))
  new=$scratch/$layers old=$root\${1%/}
  mkdir -p "$new/top" "$new/work" && chmod "$(stat -c %a "$old/")" "$new/top" || return
  if [ "$1" != / ] && ! grep -qF " $old/" /proc/self/mountinfo; then
    mount -t overlay -o "lowerdir=$old,upperdir=$new/top,workdir=$new/work" overlay "$old" || return
  else
    for entry in "$old"/* "$old"/.[!.]*; do
      name=\${entry##*/}
      if [ -L "$entry" ]; then cp -P "$entry" "$new/top/$name"
      elif [ -d "$entry" ]; then mkdir "$new/top/$name" && mount --rbind "$entry" "$new/top/$name"
      elif [ -e "$entry" ]; then : >"$new/top/$name" && mount --bind "$entry" "$new/top/$name"
      fi || return
    done
    if [ "$1" = / ]; then root=$new/top; else mount --rbind "$new/top" "$old" || return; fi
  fi
  owns "$1"
}

# Sets at: where the path $1 is, below root; made when it is not there, as a folder (d) or a file (f).
spot() {
  if [ -e "$1" ]; then
    at=$(readlink -f "$1")
  else
    folder=\${1%/*}
    while [ -n "$folder" ] && [ ! -d "$folder" ]; do folder=\${folder%/*}; done
    at=$(readlink -f "$folder/")
    at=\${at%/}\${1#"$folder"}
  fi
  [ ! -e "$root$at" ] || return 0
  folder=\${at%/*}
  while [ -n "$folder" ] && [ ! -d "$root$folder" ]; do folder=\${folder%/*}; done
  is_own "\${folder:-/}" || layer "\${folder:-/}" || return
  rm -f "$root$at"
  if [ "$2" = d ]; then mkdir -p "$root$at"; else mkdir -p "$root\${at%/*}" && : >"$root$at"; fi
}

mount -t sysfs sysfs /sys 2>/dev/null || :
hostname "$host" || exit 126
while [ "$mounts" -gt 0 ]; do
  case $1 in /*) from=$1 ;; *) from=$volumes/$1 ;; esac
  if [ -n "$2" ]; then
    [ -e "$from/$2" ] || mkdir -p "$from/$2" || exit 126
    part=$(readlink -f "$from/$2")
    case $part in
      "$(readlink -f "$from")"/*) from=$part ;;
      *) echo "subPath $2 leads out of volume $1" >&2; exit 126 ;;
    esac
  fi
  if [ -d "$from" ]; then kind=d; else kind=f; fi
  spot "$3" "$kind" && mount --bind "$from" "$root$at" || exit 126
  [ "$4" = rw ] || mount -o remount,bind,ro "$root$at" || exit 126
  owns "$at"
  shift 4
  mounts=$((mounts - 1))
done
while [ "$files" -gt 0 ]; do
  spot "$1" f && mount --bind "$tree$1" "$root$at" || exit 126
  shift
  files=$((files - 1))
done
place=\${K8SNET_TARGET:-$host}
if [ -n "$root" ]; then exec chroot "$root" sh -c 'cwd=$1 place=$2; shift 2; ${RUN}' sh "$cwd" "$place" "$@"; fi
${RUN}`;

export interface EnterOptions {
  /** `NAMESPACE/NAME` of a hostNetwork pod: its files in place of its node's. */
  readonly pod?: string | undefined;
  /** The container whose volumes are mounted, by its process's name; default: the pod's first that mounts some. */
  readonly process?: string | undefined;
  readonly cwd?: string | undefined;
  /** Default: the namespace's /etc/hostname, else the pod's or the namespace's name. */
  readonly hostname?: string | undefined;
  /** Folders of the lab's in place of the machine's, and in place of volumes. */
  readonly folders?: { readonly parent: string; readonly at: Readonly<Record<string, string>> } | undefined;
}

/** Argument vector that, once in the network namespace, runs what is appended to it. */
export function enterArgv(runtime: LabRuntime, ns: string, options: EnterOptions = {}): string[] {
  const applied = runtime.journal.record.applied.values().toArray();
  const isOfPod = ({ pod }: { readonly pod?: string | undefined }): boolean => pod === options.pod;
  const own = filesIn(applied, ns).filter(isOfPod);
  const hostname = options.hostname ?? own.find(({ path }) => path === "/etc/hostname")?.content.trim();
  const { folders } = options;
  const mounts =
    folders === undefined
      ? processesIn(applied, ns).find(
          (one) => isOfPod(one) && one.mounts !== undefined && (options.process ?? one.name) === one.name,
        )?.mounts
      : Object.entries(folders.at).map(([volume, mountPath]) => ({ volume, subPath: "", mountPath, readOnly: false }));
  const sockets = folders === undefined ? socketFolders(runtime, ns) : [];
  const all = [
    ...(mounts ?? []),
    ...sockets.map(({ folder, at }) => ({ volume: folder, subPath: "", mountPath: at, readOnly: false })),
  ];
  const mounted = new Set(all.map(({ mountPath }) => mountPath));
  const files = own.map(({ path }) => path).filter((path) => !mounted.has(path));
  return [
    "unshare",
    "--mount",
    "--uts",
    "--",
    "sh",
    "-c",
    SCRIPT,
    "sh",
    options.cwd ?? "/",
    hostname ?? ns.slice(ns.indexOf("/") + 1),
    runtime.subfolder("layers"),
    folders?.parent ?? volumesOf(runtime, ns, options.pod),
    String(all.length),
    fileTree(runtime, ns, options.pod),
    String(files.length),
    ...all.flatMap((one) => [one.volume, one.subPath, one.mountPath, one.readOnly ? "ro" : "rw"]),
    ...files,
  ];
}

/** True when programs of this namespace see files of their own. */
export function hasOwnFiles(runtime: LabRuntime, ns: string): boolean {
  if (socketFolders(runtime, ns).length > 0) return true;
  return filesIn(runtime.journal.record.applied.values(), ns).length > 0;
}
