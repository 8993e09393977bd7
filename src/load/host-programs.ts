/** Whether this machine has a program. */
import { accessSync, constants, statSync } from "node:fs";

const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** A path is looked up as a file, which an interpreter may read; a name as an executable in PATH. */
export function lacksProgram(program: string): boolean {
  if (program.includes("/")) return !isFile(program);
  const folders = (process.env["PATH"] ?? DEFAULT_PATH).split(":");
  return !folders.some((folder) => isExecutable(`${folder === "" ? "." : folder}/${program}`));
}

/** Words that cannot be paths (too long, with a NUL) name no file either. */
function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return isFile(path);
  } catch {
    return false;
  }
}

/** What a lab's machines in containers have from scripts/Dockerfile: Debian's base system, Node and the tools. */
const IMAGE_PROGRAMS: ReadonlySet<string> = new Set(
  `awk base64 basename bash cat chmod chown cp curl cut date dash dd dig dirname du echo env expr false find grep gzip haproxy head
  hostname id install ip iperf3 ipset iptables join kill ln ls mkdir mkfifo mktemp mv nft nginx nice node nohup nproc nsenter od paste perl
  ping printenv printf ps pwd readlink realpath rm rmdir sed seq setpriv sh sha256sum sleep sort split stat stdbuf stty sysctl tail tar
  tcpdump tee test timeout touch tr true tty uname uniq wc which whoami xargs yes`.split(/\s+/),
);

/** The same of a machine in a container. */
export function lacksImageProgram(program: string): boolean {
  const [, name] = /^(?:\/usr)?\/s?bin\/([^/]+)$/.exec(program) ?? [undefined, program];
  return name === undefined || !IMAGE_PROGRAMS.has(name);
}
