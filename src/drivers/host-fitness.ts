/** What a host must have before anything is touched: tools and privileges, each with a fix. */
import { accessSync, constants, readFileSync } from "node:fs";
import { HostError } from "../errors.ts";

/** Tools that building always or nearly always needs → Debian package. */
const TOOLS = {
  ip: "iproute2",
  "iptables-restore": "iptables",
  "iptables-save": "iptables",
  nsenter: "util-linux",
  unshare: "util-linux",
  setpriv: "util-linux",
  mount: "mount",
} as const;

const SBIN = ["/usr/local/sbin", "/usr/sbin", "/sbin"];
/** linux/capability.h */
const CAP_NET_ADMIN = 12;
const CAP_SYS_ADMIN = 21;

/** Throws HostError where there are no network namespaces at all. */
export function requireLinux(platform: NodeJS.Platform = process.platform): void {
  if (platform === "linux") return;
  throw new HostError(
    `network namespaces need Linux, this is ${platform === "darwin" ? "macOS" : platform}`,
    "build the lab in containers: --driver docker",
  );
}

/** Throws HostError that names all missing tools and one command that installs them. */
export function requireTools(): void {
  const missing = Object.entries(TOOLS).filter(([tool]) => !isInPath(tool));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map(([, name]) => name))].join(" ");
  throw new HostError(
    `missing on this host: ${missing.map(([tool]) => tool).join(", ")}`,
    `apt-get install ${packages}`,
  );
}

/** Throws HostError when root is not really root: in a container without the capabilities. */
export function requireCapabilities(): void {
  const held = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0"}`);
  const missing = [
    { bit: CAP_SYS_ADMIN, name: "CAP_SYS_ADMIN" },
    { bit: CAP_NET_ADMIN, name: "CAP_NET_ADMIN" },
  ].filter(({ bit }) => (held & (1n << BigInt(bit))) === 0n);
  if (missing.length === 0) return;
  throw new HostError(
    `root lacks ${missing.map(({ name }) => name).join(" and ")} here (a container?)`,
    "run the container with --privileged, or run on the host itself",
  );
}

/** Throws HostError that says what keeps an ordinary user from making namespaces. */
export function requireUserNamespaces(cause?: unknown): never | void {
  const number = (path: string): number | undefined => {
    try {
      return Number(readFileSync(path, "utf8").trim());
    } catch {
      return undefined;
    }
  };
  if (number("/proc/sys/user/max_user_namespaces") === 0) {
    throw new HostError(
      "user namespaces are disabled (user.max_user_namespaces = 0), so a lab needs root",
      "sudo sysctl -w user.max_user_namespaces=15000, or run k8snet-lab with sudo",
      cause,
    );
  }
  if (number("/proc/sys/kernel/unprivileged_userns_clone") === 0) {
    throw new HostError(
      "only root may create user namespaces (kernel.unprivileged_userns_clone = 0)",
      "sudo sysctl -w kernel.unprivileged_userns_clone=1, or run k8snet-lab with sudo",
      cause,
    );
  }
  if (cause !== undefined && number("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") === 1) {
    throw new HostError(
      "AppArmor restricts user namespaces for ordinary users (kernel.apparmor_restrict_unprivileged_userns = 1, the default of Ubuntu)",
      "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or run k8snet-lab with sudo",
      cause,
    );
  }
}

/** In PATH, or in the folders of root that an ordinary user's PATH lacks. */
export function isInPath(tool: string): boolean {
  const folders = [...(process.env["PATH"] ?? "").split(":"), ...SBIN];
  return folders.some((folder) => {
    try {
      accessSync(`${folder}/${tool}`, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
