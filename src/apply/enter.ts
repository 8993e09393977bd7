/**
 * How a program gets into a namespace with what belongs to it: its own /etc/hosts, resolv.conf and hostname in a private
 * mount and UTS namespace, and a /sys that shows the namespace's devices. The script is fixed; all that varies is
 * passed as arguments and never read as shell text.
 */
import { fileTree } from "./kinds/file.ts";
import type { LabRuntime } from "./runtime.ts";

/**
 * $1 working directory, $2 hostname, $3 tree of own files, $4 number of files, then their paths, then the
 * program. A file that the host lacks (a dangling /etc/resolv.conf) cannot be mounted on: its folder, or the nearest
 * one that is there, gets an overlay. An overlay shows no mounts below it: those of /run/netns are brought back. Nor may one layer lie
 * within another (ELOOP), as our tree in /run does: a copy of the tree is the layer.
 */
const SCRIPT = `
cwd=$1 host=$2 tree=$3 count=$4
shift 4
mount -t sysfs sysfs /sys 2>/dev/null || :
hostname "$host" || exit 126
while [ "$count" -gt 0 ]; do
  if [ -e "$1" ]; then mount --bind "$tree$1" "$1" || exit 126
  else
    folder=\${1%/*}
    while [ -n "$folder" ] && [ ! -d "$folder" ]; do folder=\${folder%/*}; done
    exec 9<"$folder/"
    exec 8<"$tree/" && mount -t tmpfs tmpfs "$tree" && cp -R /proc/self/fd/8/. "$tree" || exit 126
    mount -t overlay -o "lowerdir=$tree$folder:$folder" overlay "$folder" || exit 126
    [ ! -d "$folder/netns" ] || mount -c --rbind /proc/self/fd/9/netns "$folder/netns" 2>/dev/null || :
    exec 8<&- 9<&-
  fi
  shift
  count=$((count - 1))
done
cd "$cwd" 2>/dev/null || cd /
place=\${K8SNET_TARGET:-$host}
program=$(command -v "$1" 2>/dev/null)
case $program in
  */*)
    [ -x "$program" ] && exec "$@"
    echo "error: $1 cannot be run in $place: it is not an executable file" >&2
    exit 126
    ;;
esac
echo "error: $place has no program $1: labs use the programs of the machine that they run on" >&2
exit 127
`;

export interface EnterOptions {
  /** `NAMESPACE/NAME` of a hostNetwork pod: its files in place of its node's. */
  readonly pod?: string | undefined;
  readonly cwd?: string | undefined;
  /** Default: what the namespace's /etc/hostname says, else the pod's or the namespace's name. */
  readonly hostname?: string | undefined;
}

/** Argument vector that, once in the network namespace, runs what is appended to it. */
export function enterArgv(runtime: LabRuntime, ns: string, options: EnterOptions = {}): string[] {
  const paths: string[] = [];
  let hostname = options.hostname;
  for (const resource of runtime.journal.record.applied.values()) {
    if (resource.kind !== "file" || resource.ns !== ns || resource.pod !== options.pod) continue;
    paths.push(resource.path);
    if (resource.path === "/etc/hostname") hostname ??= resource.content.trim();
  }
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
    fileTree(runtime, ns, options.pod),
    String(paths.length),
    ...paths,
  ];
}

/** True when programs of this namespace see files of their own. */
export function hasOwnFiles(runtime: LabRuntime, ns: string): boolean {
  for (const resource of runtime.journal.record.applied.values()) {
    if (resource.kind === "file" && resource.ns === ns) return true;
  }
  return false;
}
