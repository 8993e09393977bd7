/**
 * A procfs that nothing else uses. Each namespace has folders of its own below /proc/sys/net, which the kernel keeps for each mounted
 * procfs in one list under the same name (proc_sys_compare() of fs/proc/proc_sysctl.c): with thousands of namespaces, one way through
 * them takes as long as reading dozens of files. In a new one there is none yet, and it is mounted in 30 µs.
 */
import { close, declare } from "./libc.ts";

const SYS_fsopen = 430;
const SYS_fsconfig = 431;
const SYS_fsmount = 432;
const CLOEXEC = 1;
const FSCONFIG_CMD_CREATE = 6;

const fsopen = declare<[number, string, number]>("int syscall(long number, const char *type, unsigned int flags)");
const fsconfig = declare<[number, number, number, null, null, number]>(
  "int syscall(long number, int fd, unsigned int command, const char *key, const void *value, int aux)",
);
const fsmount = declare<[number, number, number, number]>(
  "int syscall(long number, int fd, unsigned int flags, unsigned int attributes)",
);

/** So many namespaces are looked up in one. */
const USES = 64;

let root = "/proc";
let mounted: number | undefined;
let left = 0;

/** Its path, for the files of one namespace. Without the right to mount it, or before Linux 5.2: `/proc`. */
export function ownProc(): string {
  if (left-- > 0) return root;
  if (mounted !== undefined) close(mounted);
  mounted = mountProc();
  root = mounted === undefined ? "/proc" : `/proc/self/fd/${mounted}`;
  left = mounted === undefined ? Infinity : USES;
  return root;
}

/** A descriptor of its root: it is mounted nowhere, and goes with its last descriptor. */
function mountProc(): number | undefined {
  const context = fsopen(SYS_fsopen, "proc", CLOEXEC);
  if (context < 0) return undefined;
  const made = fsconfig(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, null, null, 0);
  const fd = made < 0 ? made : fsmount(SYS_fsmount, context, CLOEXEC, 0);
  close(context);
  return fd < 0 ? undefined : fd;
}
